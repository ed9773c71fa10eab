import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

/** A configuration: the socket of each name. */
type Entries = Readonly<Record<string, string>>;

describe('A server that gets another name while the exporter runs', () => {
  let folder: string;
  let daemon: Daemon;
  let feed: FeedReader;
  const servers: TmuxServer[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    feed.close();
    await daemon.stop();
    for (const server of servers.splice(0)) await server.cleanup();
    await removeFolder(folder);
  });

  async function configure(entries: Entries): Promise<void> {
    const list = Object.entries(entries).map(([name, socket]) => ({ name, socket: join(folder, socket) }));
    await writeFile(join(folder, 'config.yml'), JSON.stringify({ servers: list }));
  }

  async function startServer(): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder, name: 'a', sessions: ['one', 'two'] });
    servers.push(server);
    return server;
  }

  async function start(entries: Entries): Promise<void> {
    await configure(entries);
    daemon = await Daemon.start({ sockets: folder, flags: [`--config.file=${join(folder, 'config.yml')}`] });
    feed = await FeedReader.open(daemon.url, '&since=all');
  }

  /** Gives the new names, and settles when they are in force. */
  async function rename(entries: Entries): Promise<void> {
    await configure(entries);
    const reloads = () => daemon.log.filter(({ msg }) => msg.startsWith('the configuration was read again')).length;
    const before = reloads();
    daemon.kill('SIGHUP');
    while (reloads() === before) await delay(10);
  }

  function deathsOf(pid: number): FeedMessage[] {
    return feed.messages.filter(({ type, server }) => type === 'server-gone' && server?.pid === pid);
  }

  const CHANGES: [string, Entries, Entries, string | RegExp][] = [
    ['one name of the configuration to another', { one: 'a' }, { uno: 'a' }, 'uno'],
    ['its own name to one of the configuration', {}, { uno: 'a' }, 'uno'],
    ['a name of the configuration to none', { one: 'a' }, {}, 'one'],
    ['a name that now belongs to another socket, to that with a suffix', { one: 'a' }, { one: 'b' }, /^one-\w{6}$/],
  ];

  it.each(CHANGES)('from %s keeps its life and its watch, even if it hangs', async (_, before, after, name) => {
    const server = await startServer();
    await start(before);
    await watched(daemon, server);
    server.kill('SIGSTOP');
    await rename(after);
    await server.crash();

    const gone = await feed.next(({ type }) => type === 'server-gone');
    expect(gone).toMatchObject({ reason: 'crashed', server: { pid: server.pid }, lost: { sessions: 2 } });
    expect(gone.server?.name).toMatch(name);
  });

  it('has one death, whenever it dies', async () => {
    const names: Entries[] = [{ one: 'a' }, { uno: 'a' }, {}];
    await start({});
    for (let round = 0; round < 9; round++) {
      const server = await startServer();
      await watched(daemon, server);
      const renamed = rename(names[round % names.length] ?? {});
      await delay(round * 4);
      await server.crash();
      await renamed;
      await feed.next(({ type, server: dead }) => type === 'server-gone' && dead?.pid === server.pid);
    }
    expect(servers.map(({ pid }) => deathsOf(pid).length)).toEqual(servers.map(() => 1));
  }, 120_000);

  it('is not polled any more if no entry is left, and nobody would find it', async () => {
    await mkdir(join(folder, 'far'), { mode: 0o700 });
    const server = await TmuxServer.start({ folder: join(folder, 'far'), name: 'a' });
    servers.push(server);
    await start({ one: 'far/a' });
    await watched(daemon, server);
    await rename({});

    await feed.next(({ type }) => type === 'server-unregistered');
    expect(await (await fetch(`${daemon.url}/api/v1/servers`)).json()).toMatchObject({ servers: [] });
  });

  it('by the API keeps its life and its watch', async () => {
    const server = await startServer();
    await start({});
    await watched(daemon, server);
    server.kill('SIGSTOP');
    const response = await daemon.change('/api/v1/servers/other', 'PUT', { socket: server.socket });
    expect(response.status).toBe(201);
    await server.crash();

    expect(await feed.next(({ type }) => type === 'server-gone')).toMatchObject({
      reason: 'crashed',
      server: { name: 'other', pid: server.pid },
      lost: { sessions: 2 },
    });
  });
});
