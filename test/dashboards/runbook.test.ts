import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { RULES_FOLDER } from './support/alert-rules.ts';

describe('The commands of the runbook about a session', () => {
  const [look = '', end = ''] =
    readFileSync(join(RULES_FOLDER, 'RUNBOOK.md'), 'utf8').match(/tmux -S SOCKET [^`]*SESSION[^`]*/g) ?? [];
  let server: TmuxServer;

  beforeEach(async () => {
    server = await TmuxServer.start({ sessions: ['build', 'build2x', 'main'] });
    await server.run('rename-window', '-t', '=main:', 'build');
  });
  afterEach(() => server.cleanup());

  function run(command: string, session: string): string {
    const text = command.replace('SOCKET', server.socket).replace('SESSION', session);
    const { stdout } = spawnSync('sh', ['-c', text], { encoding: 'utf8', env: { ...process.env, TMUX: '' } });
    return stdout;
  }

  it('show the session that they would end', async () => {
    const pid = await server.run('list-panes', '-s', '-t', '=build:', '-F', '#{pane_pid}');

    expect(run(look, 'build')).toMatch(new RegExp(`^${pid} .*\n$`));
    run(end, 'build');

    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('build2x\nmain');
  });

  it('take no session whose name only begins like that', async () => {
    expect(run(look, 'build2')).toBe('');
    run(end, 'build2');

    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('build\nbuild2x\nmain');
  });
});
