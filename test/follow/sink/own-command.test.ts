import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Command, createRunCommand } from '../../../src/follow/sink/own-command.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { ended, type ProcessLife, processLife } from '../../support/machine/process-life.ts';

describe('A command', () => {
  let folder: string;
  const run = createRunCommand((leader, signal) => void process.kill(-leader, signal));

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  function script(text: string, fields: Partial<Command> = {}): Command {
    const env = { PATH: process.env['PATH'], FOLDER: folder };
    const base = { file: 'sh', args: ['-c', text], env, stdin: null, output: 'capture', timeoutMs: 10_000 } as const;
    return { ...base, ...fields };
  }

  async function lifeIn(name: string): Promise<ProcessLife> {
    const read = () => readFile(join(folder, name), 'utf8').catch(() => '');
    await eventually(`${name} holds a pid`, async () => (await read()).endsWith('\n'));
    return processLife(Number(await read()));
  }

  it('gets its words as they are, its environment and its stdin, and gives its output', async () => {
    const args = ['-c', 'printf "%s|" "$@" "$WORD"; cat', 'sh', '$(id)', "a 'b'"];
    const end = await run(script('', { args, env: { PATH: process.env['PATH'], WORD: 'env' }, stdin: 'in' }));
    expect(end).toMatchObject({ kind: 'exited', code: 0, stdout: "$(id)|a 'b'|env|in" });
  });

  it('may leave its stdin unread', async () => {
    expect(await run(script('exit 3', { stdin: 'x'.repeat(1_000_000) }))).toMatchObject({ kind: 'exited', code: 3 });
  });

  it('that cannot be started says why', async () => {
    expect(await run(script('', { file: join(folder, 'none') }))).toEqual({
      kind: 'not_started',
      code: 'ENOENT',
      message: `"${folder}/none" could not be started (ENOENT)`,
    });
  });

  it('that was killed says by what', async () => {
    expect(await run(script('kill -9 $$'))).toEqual({ kind: 'killed', signal: 'SIGKILL' });
  });

  it('that hangs is ended with all that it started, even if that ignores SIGTERM', async () => {
    const hanging =
      'sh -c \'trap "" TERM; echo $$ >$FOLDER/child; while :; do sleep 1; done\' & echo $$ >$FOLDER/leader; wait';
    const ending = run(script(hanging, { timeoutMs: 2_000 }));
    const lives = [await lifeIn('leader'), await lifeIn('child')];
    expect(await ending).toEqual({ kind: 'timeout' });
    for (const life of lives) await ended(life);
  });

  it('is ended when we end', async () => {
    const ending = new AbortController();
    const running = run(script('echo $$ >$FOLDER/leader; exec sleep 60'), ending.signal);
    const life = await lifeIn('leader');
    ending.abort();
    expect(await running).toEqual({ kind: 'killed', signal: 'SIGTERM' });
    await ended(life);
  });
});
