import { execFile } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemPath } from '../../src/core/byte-path.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, type ProcessLife, processLife, signal } from '../support/machine/process-life.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

/** Names in Latin-1, as `printf` writes them: only the last byte of each tells them apart. */
const NAMES = ['lat\\351', 'lat\\352', 'lat\\353'];

/** Runs tmux on a socket whose name is written for `printf`. */
const TMUX = 'folder=$1 name=$2; shift 2; exec tmux -S "$folder/$(printf "$name")" -f /dev/null "$@"';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('Servers whose sockets have names that are not UTF-8', () => {
  let folder: string;
  let daemon: Daemon;
  let feed: FeedReader;
  const lives: ProcessLife[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    for (const name of NAMES) {
      const pid = await run(name, 'new-session', '-d', '-P', '-F', '#{pid}', '-s', 'main', 'exec cat');
      lives.push(processLife(Number(pid)));
    }
  });

  afterEach(async () => {
    feed.close();
    await daemon.stop();
    for (const life of lives.splice(0)) {
      signal(life, 'SIGKILL');
      await ended(life);
    }
    await removeFolder(folder);
  });

  async function run(name: string, ...command: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', SHELL: '/bin/sh', TERM: 'xterm' };
    return (await promisify(execFile)('sh', ['-c', TMUX, 'sh', folder, name, ...command], { env })).stdout.trim();
  }

  async function start(...flags: readonly string[]): Promise<void> {
    daemon = await Daemon.start({ sockets: folder, flags });
    feed = await FeedReader.open(daemon.url, '&since=all');
    await eventually('a watch on each', async () => (await daemon.sample('tmux_exporter_watches')) === lives.length);
  }

  it.each(['--no-tmux.discover-processes', '--tmux.discover-processes'])(
    'are watched like others, %s',
    async (flag) => {
      // Other servers of this machine are found by process as well, but their names hold a folder.
      await start(flag, '--tmux.server-exclude=*@*');
      await ticks(daemon, 3);
      await run(NAMES[0] ?? '', 'kill-server');
      for (const life of lives.slice(1)) signal(life, 'SIGKILL');
      const deaths = () => feed.messages.filter(({ type }) => type === 'server-gone');
      await eventually('their deaths', () => deaths().length === lives.length);
      await ticks(daemon, 2);
      const reasons = deaths().map(({ server, reason }) => [server?.pid, reason]);
      expect(reasons).toHaveLength(lives.length);
      expect(reasons).toEqual(expect.arrayContaining(lives.map(({ pid }, n) => [pid, n === 0 ? 'exited' : 'crashed'])));
      expect(feed.messages.filter(({ type }) => type === 'server-unreachable')).toEqual([]);
    },
  );

  it('are healed only if their socket was deleted', async () => {
    await start('--heal.socket');
    await ticks(daemon, 2);
    await unlink(systemPath(join(folder, 'lat\\xe9')));
    await feed.next(({ type }) => type === 'server-recovered');
    const about = (type: string) =>
      feed.messages.filter((event) => event.type === type).map(({ server }) => server?.pid);
    expect(about('server-unreachable')).toEqual([lives[0]?.pid]);
    expect(about('server-gone')).toEqual([]);
  });
});
