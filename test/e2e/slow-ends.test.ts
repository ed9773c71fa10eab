import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { inState, processLife, signal } from '../support/machine/process-life.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

describe('An end that takes longer than some polls', () => {
  let folder: string;
  let daemon: Daemon;
  let feed: FeedReader;
  let server: TmuxServer;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    daemon = await Daemon.start();
    feed = await FeedReader.open(daemon.url);
  });

  afterAll(async () => {
    feed.close();
    await daemon.cleanup();
    await removeFolder(folder);
  });

  async function start(name: string): Promise<void> {
    server = await TmuxServer.start({ folder: daemon.sockets, name });
  }

  afterEach(() => server.cleanup());

  function isDeath({ type, server: dead }: FeedMessage): boolean {
    return type === 'server-gone' && dead?.pid === server.pid;
  }

  async function restarts(): Promise<number> {
    return (await daemon.sample('tmux_exporter_watch_restarts_total')) ?? 0;
  }

  function deaths(): FeedMessage[] {
    return feed.messages.filter(isDeath);
  }

  it('is an orderly one if a stopped client delays kill-server', async () => {
    await start('client');
    await server.attachControl('main');
    await watched(daemon, server);
    const client = processLife(Number(await server.run('list-clients', '-F', '#{client_pid}')));
    signal(client, 'SIGSTOP');
    await inState(client, 'T');
    try {
      await server.run('kill-server').catch(() => '');
      await eventually('no death watch', async () => (await daemon.sample('tmux_exporter_watches')) === 0);
      await ticks(daemon, 4);
      expect(deaths()).toEqual([]);
    } finally {
      signal(client, 'SIGCONT');
    }

    expect(await feed.next(isDeath)).toMatchObject({ reason: 'exited', cause: 'shut_down' });
  });

  it('is an orderly one if a job delays the end after the last session', async () => {
    await start('job');
    const [began, stop] = [join(folder, 'began'), join(folder, 'stop')];
    const job = server.run('run-shell', `touch ${began}; while ! test -e ${stop}; do sleep 0.05; done`);
    job.catch(() => '');
    await eventually('the job runs', () => existsSync(began));
    await watched(daemon, server);
    const before = await restarts();
    await server.run('kill-session', '-t', 'main');
    await eventually('no session', async () => (await daemon.sample('tmux_server_sessions{server="job"}')) === 0);
    // The server ends each new watch, too. The next one is a pause of four seconds away.
    await eventually('a second restart', async () => (await restarts()) >= before + 2);
    await ticks(daemon, 2);
    expect(deaths()).toEqual([]);
    await writeFile(stop, '');

    expect(await feed.next(isDeath)).toMatchObject({ reason: 'exited', cause: 'last_session_closed' });
  });
});
