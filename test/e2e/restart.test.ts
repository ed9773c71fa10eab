import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, Daemon, type DaemonOptions, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

describe('A daemon that was killed with -9 and started again', () => {
  let sockets: string;
  let daemon: Daemon;
  const servers: TmuxServer[] = [];
  const feeds: FeedReader[] = [];

  beforeEach(async () => {
    sockets = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const feed of feeds.splice(0)) feed.close();
    await daemon.stop();
    for (const server of servers.splice(0)) await server.cleanup();
    await removeFolder(sockets);
  });

  async function start(options: DaemonOptions = {}): Promise<FeedReader> {
    daemon = await Daemon.start({ sockets, ...options });
    const feed = await FeedReader.open(daemon.url, '&since=all');
    feeds.push(feed);
    return feed;
  }

  async function startServer(name: string, feed: FeedReader): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: sockets, name, sessions: ['one', 'two'] });
    servers.push(server);
    await feed.next(({ type, server: about }) => type === 'server-up' && about?.pid === server.pid);
    return server;
  }

  function events(feed: FeedReader, type: string): FeedMessage[] {
    return feed.messages.filter((message) => message.type === type);
  }

  function changeStore(sql: string): void {
    const database = new DatabaseSync(join(sockets, 'state', 'journal.db'));
    database.exec(sql);
    database.close();
  }

  it('tells once of what died meanwhile, lost, with when it was last seen and what was in it', async () => {
    const before = await start();
    const server = await startServer('work', before);
    const up = before.of('work', 'server-up');
    await ticks(daemon, 1);
    await daemon.stop('SIGKILL');
    await server.crash();

    const feed = await start();
    const gone = await feed.next(({ type }) => type === 'server-gone');
    expect(gone).toMatchObject({
      reason: 'lost',
      server: { name: 'work', pid: server.pid },
      evidence: { trigger: 'start', pid_alive: false },
      lost: { sessions: 2, session_names: ['one', 'two'] },
    });
    expect(Date.parse(String(gone['last_seen']))).toBeGreaterThan(Date.parse(String(up[0]?.['time'])));

    await daemon.stop('SIGKILL');
    const again = await start();
    await ticks(daemon, 1);
    expect(events(again, 'server-gone').map(({ id }) => id)).toEqual([gone.id]);
  });

  it('knows when a server was last seen, even if a start failed after its death', async () => {
    const before = await start();
    const server = await startServer('work', before);
    await ticks(daemon, 1);
    await daemon.stop();
    const endedAt = Date.now();
    await server.crash();

    const state = ['--storage.path', join(sockets, 'state', 'journal.db')];
    const failed = await cli(['serve', ...state, '--web.listen-address', '127.0.0.1:0', '--web.config.file', '/none']);
    expect(failed.code).not.toBe(0);

    const gone = await (await start()).next(({ type }) => type === 'server-gone');
    expect(Date.parse(String(gone['last_seen']))).toBeLessThanOrEqual(endedAt);
  });

  it.each<[string, string, readonly string[], string, string]>([
    ['has another name by now', 'work', [], 'mine', 'work'],
    ['was configured under another name', 'elsewhere', ['one=elsewhere'], 'two', 'elsewhere'],
    ['lost its name to another socket', 'work', [], 'work', 'other'],
  ])('tells once of a death meanwhile of a server that %s', async (_, socket, before, name, nextSocket) => {
    const flagOf = (entry: string) => `--tmux.server=${entry.replace('=', `=${sockets}/`)}`;
    const server = await startServer(socket, await start({ flags: before.map(flagOf) }));
    await ticks(daemon, 1);
    await daemon.stop();
    await server.crash();

    const feed = await start({ flags: [flagOf(`${name}=${nextSocket}`)] });
    await ticks(daemon, 1);
    expect(events(feed, 'server-gone')).toMatchObject([
      { reason: 'lost', server: { socket: server.socket, pid: server.pid }, lost: { sessions: 2 } },
    ]);
  });

  it('goes on with what lives: not up a second time, and its sessions of the meantime are told', async () => {
    const server = await startServer('work', await start());
    // It can have been found before its second session was there.
    const sessions = () => daemon.sample('tmux_server_sessions{server="work"}');
    await eventually('both sessions are known', async () => (await sessions()) === 2);
    await daemon.stop('SIGKILL');
    await server.addSession('three');

    const feed = await start();
    const isOfThree = ({ session }: FeedMessage) => (session as { name?: string } | undefined)?.name === 'three';
    await feed.next((message) => message.type === 'session-created' && isOfThree(message));
    await ticks(daemon, 1);
    expect(feed.of('work', 'server-up')).toHaveLength(1);
    expect(feed.of('work', 'session-created').filter(isOfThree)).toHaveLength(1);
    await watched(daemon, server);
    await server.crash();
    expect(await feed.next(({ type }) => type === 'server-gone')).toMatchObject({ reason: 'crashed' });
  });

  it('ends an incident that had begun before, and tells of it no second time', async () => {
    const options = { flags: ['--poll.timeout=500ms'] };
    const before = await start(options);
    const server = await startServer('work', before);
    server.kill('SIGSTOP');
    const { incident } = await before.next(({ type }) => type === 'server-unresponsive');
    await daemon.stop('SIGKILL');

    const feed = await start(options);
    await ticks(daemon, 2);
    server.kill('SIGCONT');
    expect(await feed.next(({ type }) => type === 'server-recovered')).toMatchObject({ incident });
    expect(events(feed, 'server-unresponsive')).toHaveLength(1);
  });

  it('ends the incident of a death with the return, and goes on counting', async () => {
    const before = await start();
    const server = await startServer('work', before);
    await watched(daemon, server);
    await server.crash();
    const { incident } = await before.next(({ type }) => type === 'server-gone');
    await daemon.stop('SIGKILL');
    await server.restart();

    const feed = await start();
    expect(
      await feed.next(({ type, server: about }) => type === 'server-up' && about?.pid === server.pid),
    ).toMatchObject({ incident });
    const deaths = 'tmux_server_gone_total{server="work",reason="crashed"}';
    expect(await daemon.sample(deaths)).toBe(1);
    await watched(daemon, server);
    await server.crash();
    await feed.next(({ type, server: about }) => type === 'server-gone' && about?.pid === server.pid);
    expect(await daemon.sample(deaths)).toBe(2);
  });

  it('after a reboot tells of that once, and of each server that died with it', async () => {
    const before = await start();
    const [gone, back, other] = [
      await startServer('gone', before),
      await startServer('back', before),
      await startServer('other', before),
    ];
    await daemon.stop('SIGKILL');
    for (const server of [gone, back, other]) await server.crash();
    await back.restart();
    changeStore("UPDATE meta SET value = 'an earlier boot' WHERE key = 'boot_id'");

    const feed = await start();
    await feed.next(({ type, server }) => type === 'server-up' && server?.pid === back.pid);
    await ticks(daemon, 1);
    await daemon.stop('SIGKILL');
    const again = await start();
    await ticks(daemon, 1);

    expect(events(again, 'host-rebooted')).toMatchObject([
      { lost: 3, server_names: ['back', 'gone', 'other'], previous_boot_id: 'an earlier boot' },
    ]);
    const deaths = events(again, 'server-gone').map(({ server, reason }) => [server?.name, reason]);
    expect(deaths.sort()).toEqual([
      ['back', 'rebooted'],
      ['gone', 'rebooted'],
      ['other', 'rebooted'],
    ]);
    expect(await daemon.sample('tmux_server_gone_total{server="gone",reason="rebooted"}')).toBe(1);
  });

  it('has the servers that were registered by the API, living or not', async () => {
    await start();
    const socket = join(sockets, 'elsewhere', 'x');
    for (const name of ['waits', 'leaves']) {
      const response = await daemon.change(`/api/v1/servers/${name}`, 'PUT', { socket: `${socket}-${name}` });
      expect(response.status).toBe(201);
    }
    await daemon.change('/api/v1/servers/leaves', 'DELETE');
    await daemon.stop('SIGKILL');

    await start();
    expect(await (await fetch(`${daemon.url}/api/v1/servers`)).json()).toMatchObject({
      servers: [{ name: 'waits', registration: 'api', state: 'pending', socket: `${socket}-waits` }],
    });
  });

  it('leaves a configured server away that a person removed, until a reload or a start', async () => {
    const registered = async () => {
      const { servers } = (await (await fetch(`${daemon.url}/api/v1/servers`)).json()) as { servers: unknown[] };
      return servers.length;
    };
    const feed = await start({ flags: [`--tmux.server=mine=${join(sockets, 'elsewhere', 'mine')}`] });
    expect(await registered()).toBe(1);
    await daemon.change('/api/v1/servers/mine', 'DELETE');
    await ticks(daemon, 2);
    expect(await registered()).toBe(0);
    daemon.kill('SIGHUP');
    await eventually(
      'it is back',
      () => feed.of('mine').filter(({ type }) => type === 'server-registered').length === 2,
    );
    expect(await registered()).toBe(1);
  });

  it('without storage writes nothing, remembers nothing, and says so by a new epoch', async () => {
    const options = { flags: ['--no-storage'] };
    const before = await start(options);
    await startServer('work', before);
    const [first] = before.messages;
    await daemon.stop('SIGKILL');

    const feed = await start(options);
    await feed.next(({ type }) => type === 'server-up');
    expect(feed.messages[0]?.['epoch']).not.toBe(first?.['epoch']);
    expect(existsSync(join(sockets, 'state'))).toBe(false);
  });

  it('is refused in one line where another one has its store', async () => {
    await start();
    const { code, stderr } = await cli(['serve', ...daemonFlags(sockets)]);

    expect(code).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      /journal\.db is in use by another tmux-exporter: stop that one, or give/,
    );
  });
});
