import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readOptions } from '../../docker/demo/options.ts';
import { eventually } from '../support/eventually.ts';
import { leftoversOf } from '../support/leftovers.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { isInstalled } from '../support/program.ts';
import { Demo } from './support/demo.ts';

describe('The demo', () => {
  let folder = '';
  const demos: Demo[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const demo of demos.splice(0)) await demo.end('SIGTERM');
    await removeFolder(folder);
  });

  async function start(...args: readonly string[]): Promise<Demo> {
    const demo = await Demo.start(folder, ...args);
    demos.push(demo);
    return demo;
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await leftoversOf(folder)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  }

  it('shows servers that live and die, and leaves nothing behind after Ctrl-C', async () => {
    const demo = await start('--servers=3');
    const metrics = async () => (await fetch(`${demo.url('/metrics')}/metrics`)).text();
    await eventually('one of them died', async () => /^tmux_server_gone_total.* [1-9]/m.test(await metrics()), 30_000);
    await eventually('the feed tells of it', () => /tmux server \S+ (crashed|ended)/.test(demo.output), 30_000);
    expect(await metrics()).toMatch(/^tmux_server_up\{server="notes"\} 1$/m);
    if (isInstalled('prometheus')) {
      const query = async () => (await fetch(`${demo.url('/graph')}/api/v1/query?query=count(tmux_server_up)`)).text();
      await eventually('Prometheus has it', async () => (await query()).includes('"value"'), 30_000);
    }
    expect(await demo.end('SIGINT')).toBe(0);
    await expectNothingLeft();
  }, 150_000);

  it('cleans up after one that was killed, and when its terminal is closed', async () => {
    const killed = await start('--servers=1');
    await killed.end('SIGKILL');
    const demo = await start('--servers=1');
    expect(await readdir(folder)).toHaveLength(1);
    demo.closeOutput();
    expect(await demo.end('SIGHUP')).toBe(0);
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
