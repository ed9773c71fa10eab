import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, change, daemonFlags, tokenFileIn } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { SmallDisk } from '../support/machine/small-disk.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

/** More than the 64 KiB that a pipe holds. */
const MANY_LINES = 500;

describe('A daemon whose log is not taken', () => {
  let folder: string;
  let url: string;
  let child: ChildProcess;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await removeFolder(folder);
  });

  it('lives on with stderr on a full device, and counts the lines', async () => {
    const full = openSync('/dev/full', 'w');
    await start(full);
    closeSync(full);
    await expectWholeService();
    expect(await dropped()).toBeGreaterThan(MANY_LINES);
    await expectGoodEnd();
  });

  // To mount a small disk takes root.
  (process.getuid?.() === 0 ? it : it.skip)(
    'lives on with stderr on a disk that becomes full, and says how many lines are missing when it no longer is',
    async () => {
      const disk = await SmallDisk.mount(64);
      if (!disk) throw new Error('expected a small disk');
      const path = join(disk.folder, 'log');
      const file = openSync(path, 'a');
      await start(file);
      closeSync(file);
      disk.fill();
      await expectWholeService();
      await eventually('lines are dropped', async () => (await dropped()) > 0);
      disk.empty();
      await sayMuch(1, 'after');
      await eventually('it says so', () => execFileSync('cat', [path]).includes('log lines were dropped'));
      await expectGoodEnd();
      await disk.unmount();
    },
  );

  it('lives on with stderr in a pipe that nobody reads', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const fifo = openSync(path, constants.O_RDWR);
    await start(fifo);
    await expectWholeService();
    await expectGoodEnd();
    closeSync(fifo);
  });

  it('lives on with stderr in a socket that nobody reads, as that of a service manager that hangs', async () => {
    await start('pipe');
    await expectWholeService();
    await expectGoodEnd();
  });

  it('lives on with stderr in a pipe whose reader has left', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    await start(writer);
    closeSync(reader);
    closeSync(writer);
    await expectWholeService();
    await expectGoodEnd();
  });

  /** Starts the daemon with nothing known of it but its port. */
  async function start(stderr: number | 'pipe'): Promise<void> {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const [file = '', ...words] = COMMAND_LINE;
    const flags = [...daemonFlags(folder), `--web.listen-address=127.0.0.1:${port}`];
    child = spawn(file, [...words, 'serve', ...flags], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', stderr],
    });
    await eventually('it is ready', async () => {
      return fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
  }

  /** Logs much, then looks whether a death is reported and the metrics are served. */
  async function expectWholeService(): Promise<void> {
    await sayMuch(MANY_LINES, 'many');
    const server = await TmuxServer.start({ folder, name: 'work' });
    const feed = await FeedReader.open(url);
    await eventually('it is up', async () => (await metrics()).includes('tmux_server_up{server="work"} 1'));
    server.kill('SIGKILL');
    await feed.next(({ type }) => type === 'server-gone');
    feed.close();
    await server.cleanup();
  }

  async function expectGoodEnd(): Promise<void> {
    const exit = once(child, 'exit');
    const begun = performance.now();
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - begun).toBeLessThan(5_000);
  }

  /** Each server that is registered is a line of the log. */
  async function sayMuch(lines: number, prefix: string): Promise<void> {
    for (let at = 0; at < lines; at++) {
      const server = { socket: join(folder, `none-${prefix}-${at}`) };
      const { ok } = await change(`${url}/api/v1/servers/${prefix}${at}`, tokenFileIn(folder), 'PUT', server);
      if (!ok) throw new Error('a server was not registered');
    }
  }

  async function metrics(): Promise<string> {
    return (await fetch(`${url}/metrics`)).text();
  }

  async function dropped(): Promise<number> {
    return Number(/^tmux_exporter_log_lines_dropped_total (\d+)$/m.exec(await metrics())?.[1]);
  }
});
