import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

/** Found by their processes, servers of other tests are found too: ours have a name of their own. */
const BY_PROCESS = ['--tmux.discover-processes', '--tmux.server-include=elsewhere@*'];

describe('A server that no socket directory shows', () => {
  let folder: string;
  let sockets: string;
  let server: TmuxServer;
  let daemon: Daemon | null = null;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    sockets = await makePrivateFolder();
    server = await TmuxServer.start({ folder, name: 'elsewhere', sessions: ['one', 'two'] });
  });

  afterEach(async () => {
    await daemon?.stop();
    daemon = null;
    await server.cleanup();
    await removeFolder(folder);
    await removeFolder(sockets);
  });

  async function follow(flags: readonly string[]): Promise<FeedReader> {
    daemon = await Daemon.start({ sockets, flags });
    return FeedReader.open(daemon.url, '&since=all');
  }

  function isOf(
    message: { server?: { pid: number | null } | null; type: string },
    type: string,
    pid = server.pid,
  ): boolean {
    return message.type === type && message.server?.pid === pid;
  }

  it('is found by its process, wherever its socket is, and its death is told', async () => {
    const feed = await follow(BY_PROCESS);
    const up = await feed.next((message) => isOf(message, 'server-up'));
    expect(up.server?.name).toMatch(/^elsewhere@tx-/);
    if (daemon) await watched(daemon, server);
    await server.crash();
    expect(await feed.next((message) => isOf(message, 'server-gone'))).toMatchObject({ reason: 'crashed' });
    feed.close();
  });

  it('was a ghost before we started: it is found, told with the cure, and its death is told', async () => {
    await rm(server.socket);
    const feed = await follow(BY_PROCESS);
    const notice = await feed.next((message) => isOf(message, 'server-unreachable'));
    expect(notice).toMatchObject({ cause: 'socket_lost', cure: expect.stringContaining(`kill -USR1 ${server.pid}`) });
    server.kill('SIGUSR1');
    await feed.next((message) => isOf(message, 'server-recovered'));
    expect(feed.messages.filter(({ type }) => type === 'session-created')).toEqual([]);
    await server.crash();
    await feed.next((message) => isOf(message, 'server-gone'));
    feed.close();
  });

  it('is healed where that is asked for', async () => {
    const feed = await follow([...BY_PROCESS, '--heal.socket']);
    await feed.next((message) => isOf(message, 'server-up'));
    await rm(server.socket);
    await feed.next((message) => isOf(message, 'server-unreachable'));
    await feed.next((message) => isOf(message, 'server-recovered'));
    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('one\ntwo');
    feed.close();
  });

  it('lost its path to a second server: both are told of, and the death of the first too', async () => {
    const feed = await follow(BY_PROCESS);
    const up = await feed.next((message) => isOf(message, 'server-up'));
    if (daemon) await watched(daemon, server);
    await rm(server.socket);
    const second = await TmuxServer.start({ folder, name: 'elsewhere' });
    try {
      await feed.next((message) => isOf(message, 'server-up', second.pid));
      const displaced = await feed.next((message) => isOf(message, 'server-unreachable'));
      expect(displaced['cure']).toContain(`kill -USR1 ${server.pid}`);
      await server.crash();
      const gone = await feed.next((message) => isOf(message, 'server-gone'));
      expect(gone).toMatchObject({ reason: 'crashed', server: { name: `${up.server?.name}+${server.pid}` } });
      expect(feed.messages.filter((message) => isOf(message, 'server-gone', second.pid))).toEqual([]);
      feed.close();
    } finally {
      await second.cleanup();
    }
  });

  it('was displaced before we started: it is found beside the one that took its path', async () => {
    await rm(server.socket);
    const second = await TmuxServer.start({ folder, name: 'elsewhere' });
    try {
      const feed = await follow(BY_PROCESS);
      await feed.next((message) => isOf(message, 'server-up', second.pid));
      expect(await feed.next((message) => isOf(message, 'server-unreachable'))).toMatchObject({ cause: 'socket_lost' });
      feed.close();
    } finally {
      await second.cleanup();
    }
  });
});
