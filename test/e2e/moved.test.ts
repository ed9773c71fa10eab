import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

/** Found by their processes, servers in the private folders of other tests are found too; and each test looks at its own pids only. */
const BY_PROCESS = ['--tmux.discover-processes', '--tmux.server-exclude=*@tx-*'];

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('Servers whose sockets were moved', () => {
  let folder: string;
  let sockets: string;
  let servers: TmuxServer[];
  let daemon: Daemon;
  let feed: FeedReader;
  const daemons: Daemon[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    sockets = join(folder, 's');
    servers = [];
  });

  afterEach(async () => {
    feed.close();
    for (const each of daemons.splice(0)) await each.stop();
    for (const server of servers) await server.cleanup();
    await removeFolder(folder);
  });

  async function startServers(inFolder: string, ...names: readonly string[]): Promise<TmuxServer[]> {
    await mkdir(inFolder, { mode: 0o700 });
    for (const name of names) servers.push(await TmuxServer.start({ folder: inFolder, name }));
    return servers;
  }

  async function startDaemon(): Promise<void> {
    daemon = await Daemon.start({ sockets, state: folder, flags: BY_PROCESS });
    daemons.push(daemon);
    feed = await FeedReader.open(daemon.url, '&since=all');
  }

  /** The events of one type about our servers: each its name, its pid, and the reason of a death. */
  function events(type: string): string[] {
    const pids = servers.map(({ pid }) => pid);
    const own = feed.messages.filter((event) => event.type === type && pids.includes(event.server?.pid ?? 0));
    return own.map(({ server, reason }) => [server?.name, server?.pid, reason].join(' ').trim());
  }

  async function names(): Promise<string[]> {
    return (await owners()).map(([name]) => name);
  }

  /** The names of our servers, with their pids. */
  async function owners(): Promise<[string, number][]> {
    const pids = servers.map(({ pid }) => pid);
    const { servers: all } = (await (await fetch(`${daemon.url}/api/v1/servers`)).json()) as {
      servers: { name: string; incarnation: { pid: number } | null }[];
    };
    return all.flatMap(({ name, incarnation }): [string, number][] =>
      incarnation && pids.includes(incarnation.pid) ? [[name, incarnation.pid]] : [],
    );
  }

  async function exchange(a: string, b: string): Promise<void> {
    await rename(a, `${a}.aside`);
    await rename(b, a);
    await rename(`${a}.aside`, b);
  }

  /** Kills one server after the other: each is dead once, by the way it died. */
  async function expectOneDeathEach(): Promise<void> {
    const expected: string[] = [];
    for (const server of servers) {
      await server.crash();
      const gone = await feed.next((event) => event.type === 'server-gone' && event.server?.pid === server.pid);
      expected.push(`${gone.server?.name} ${server.pid} crashed`);
      await ticks(daemon, 2);
    }
    expect(events('server-gone')).toEqual(expected);
    expect(new Set(expected.map((text) => text.split(' ')[0])).size).toBe(servers.length);
  }

  it('with their folder, before we started, are one server each', async () => {
    await startServers(join(folder, 'old'), 'a', 'b');
    await rename(join(folder, 'old'), sockets);
    await startDaemon();
    await watched(daemon, ...servers);
    await ticks(daemon, 4);
    expect(await names()).toEqual(['a', 'b']);
    expect(events('server-unreachable')).toEqual([]);
    await expectOneDeathEach();
  });

  it('in their folder, before we started, are not dead when a socket is deleted', async () => {
    const [b, e] = await startServers(sockets, 'b', 'e');
    await rename(b?.socket ?? '', join(sockets, 'm'));
    await rename(e?.socket ?? '', join(sockets, 'n'));
    await startDaemon();
    await watched(daemon, ...servers);
    await ticks(daemon, 4);
    expect(await names()).toEqual(['m', 'n']);
    await rm(join(sockets, 'm'));
    const lost = await feed.next(({ type, server }) => type === 'server-unreachable' && server?.pid === b?.pid);
    expect(lost.cure).toContain(`${b?.socket}. test ! -e ${b?.socket} && ps `);
    await ticks(daemon, 3);
    expect(events('server-gone')).toEqual([]);
    expect(await names()).toEqual(['m', 'n']);
  });

  it("to each other's paths, also while we are away, keep their names", async () => {
    const [a, b] = await startServers(sockets, 'a', 'b');
    await startDaemon();
    await watched(daemon, ...servers);
    await exchange(a?.socket ?? '', b?.socket ?? '');
    await ticks(daemon, 3);
    const named = servers.map(({ pid }, number) => [['a', 'b'][number], pid]);
    expect(await owners()).toEqual(named);

    feed.close();
    await daemon.stop();
    await exchange(a?.socket ?? '', b?.socket ?? '');
    await startDaemon();
    await watched(daemon, ...servers);
    await ticks(daemon, 3);
    expect(await owners()).toEqual(named);
    expect(events('server-unreachable')).toEqual([]);
    await watched(daemon, ...servers);
    await expectOneDeathEach();
  });

  it('stay away if a person removes them', async () => {
    const [a] = await startServers(sockets, 'a');
    await startDaemon();
    await watched(daemon, ...servers);
    await rename(a?.socket ?? '', join(sockets, 'm'));
    await ticks(daemon, 3);
    expect((await daemon.change('/api/v1/servers/a', 'DELETE')).status).toBe(204);
    await ticks(daemon, 4);
    expect(await names()).toEqual([]);
    expect(events('server-unreachable')).toEqual([]);
  });
});
