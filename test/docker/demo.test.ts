import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readOptions } from '../../docker/demo/options.ts';
import { eventually } from '../support/eventually.ts';
import { leftoversOf } from '../support/leftovers.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { isInstalled } from '../support/program.ts';

const RUN = fileURLToPath(new URL('../../docker/demo/run.ts', import.meta.url));

describe('The demo', () => {
  let folder = '';
  const demos: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const demo of demos.splice(0))
      if (demo.exitCode === null && demo.signalCode === null) await ended(demo, 'SIGTERM');
    await removeFolder(folder);
  });

  /** Starts a demo, and settles when its output says that all of it runs. */
  async function start(...args: readonly string[]) {
    const child = spawn(process.execPath, [RUN, ...args], {
      env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    demos.push(child);
    const output = { text: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
    await eventually('all of it runs', () => output.text.includes('The feed, as it happens'), 60_000);
    return { child, output };
  }

  async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(child, 'exit');
    child.kill(signal);
    return (await exit)[0] as number | null;
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await leftoversOf(folder)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  }

  it('shows servers that live and die, and leaves nothing behind after Ctrl-C', async () => {
    const { child, output } = await start('--servers=3');
    const url = (port: string) => new RegExp(`http://127\\.0\\.0\\.1:\\d+(?=${port})`).exec(output.text)?.[0] ?? '';
    const metrics = async () => (await fetch(`${url('/metrics')}/metrics`)).text();
    await eventually('one of them died', async () => /^tmux_server_gone_total.* [1-9]/m.test(await metrics()), 30_000);
    await eventually('the feed tells of it', () => /tmux server \S+ (crashed|ended)/.test(output.text), 30_000);
    expect(await metrics()).toMatch(/^tmux_server_up\{server="notes"\} 1$/m);
    if (isInstalled('prometheus')) {
      const query = async () => (await fetch(`${url('/graph')}/api/v1/query?query=count(tmux_server_up)`)).text();
      await eventually('Prometheus has it', async () => (await query()).includes('"value"'), 30_000);
    }
    expect(await ended(child, 'SIGINT')).toBe(0);
    await expectNothingLeft();
  }, 150_000);

  it('cleans up after one that was killed, and when its terminal is closed', async () => {
    const killed = await start('--servers=1');
    await ended(killed.child, 'SIGKILL');
    const { child } = await start('--servers=1');
    expect(await readdir(folder)).toHaveLength(1);
    child.stdout.destroy();
    expect(await ended(child, 'SIGHUP')).toBe(0);
    await expectNothingLeft();
  }, 150_000);
});

describe('The options of the demo', () => {
  it('have defaults that need nothing', () => {
    expect(readOptions([])).toEqual({ servers: 6, seconds: null, port: null });
  });

  it('are read', () => {
    expect(readOptions(['--servers', '2', '--seconds=30', '--port', '9000'])).toEqual({
      servers: 2,
      seconds: 30,
      port: 9000,
    });
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    [['--servers', '0'], '--servers: expected a whole number from 1 to 50, found "0"'],
    [['--seconds', '1m'], '--seconds: expected a whole number from 1 to 86400, found "1m"'],
    [['--port', '70000'], '--port: expected a whole number from 1 to 65535, found "70000"'],
  ])('refuse %j', (argv, message) => {
    expect(() => readOptions(argv)).toThrow(message);
  });
});
