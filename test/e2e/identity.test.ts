import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { link, mkdir, rename, rm, symlink, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeServer } from '../support/churn/fake-server.ts';
import { type CliResult, cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { exitFrame, FakeProtocolServer, outputFrame } from '../support/tmux/fake-protocol-server.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

const onLinux = process.platform === 'linux';
const itOnLinux = onLinux ? it : it.skip;
/** A bind mount takes root. */
const itAsRoot = onLinux && process.getuid?.() === 0 ? it : it.skip;

describe('A server that several paths lead to', () => {
  let folder: string;
  let sockets: string;
  let server: TmuxServer;
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    sockets = join(folder, 's');
    await mkdir(sockets, { mode: 0o700 });
    await symlink(sockets, join(folder, 'folder'));
    server = await TmuxServer.start({ folder: sockets, name: 'work' });
    await symlink(server.socket, join(folder, 'link'));
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await server.cleanup();
    await removeFolder(folder);
  });

  async function start(flags: readonly string[] = []) {
    const daemon = await Daemon.start({ sockets, state: folder, flags });
    cleanups.push(() => daemon.stop());
    const feed = await FeedReader.open(daemon.url, '&since=all');
    cleanups.push(async () => feed.close());
    return { daemon, feed };
  }

  async function put(daemon: Daemon, name: string, socket: string) {
    const response = await daemon.change(`/api/v1/servers/${name}`, 'PUT', { socket });
    return { status: response.status, body: (await response.json()) as { error?: { code: string; message: string } } };
  }

  /** The names under which the series of a server that is up stand. */
  async function namesUp(daemon: Daemon): Promise<string[]> {
    return [...(await daemon.metrics()).matchAll(/^tmux_server_up\{server="([^"]+)"\} 1$/gm)].map(
      ([, name = '']) => name,
    );
  }

  /** One server under one name: killed, it gives one event, one count, and nothing of another name. */
  async function expectOneDeath({ daemon, feed }: { daemon: Daemon; feed: FeedReader }, name: string): Promise<void> {
    await watched(daemon, server);
    await ticks(daemon, 1);
    expect(await namesUp(daemon)).toEqual([name]);
    expect(await daemon.sample('tmux_exporter_registered_servers')).toBe(1);
    await server.crash();
    await feed.next(({ type }) => type === 'server-gone');
    await ticks(daemon, 1);
    const deaths = feed.messages.filter(({ type }) => type === 'server-gone');
    expect(deaths).toMatchObject([{ server: { name, pid: server.pid }, reason: 'crashed' }]);
    const text = await daemon.metrics();
    const counts = [...text.matchAll(/^tmux_server_gone_total\{.*\} ([1-9]\d*)$/gm)];
    expect(counts.map(([line]) => line)).toEqual([`tmux_server_gone_total{server="${name}",reason="crashed"} 1`]);
    expect(text).not.toMatch(/^tmux_server_sessions\{/m);
  }

  const SPELLINGS: [string, (folder: string) => string][] = [
    ['a link to the socket', (at) => `${at}/link`],
    ['a link to its folder', (at) => `${at}/folder/work`],
    ['//', (at) => `${at}//s//work`],
    ['/./', (at) => `${at}/./s/./work`],
    ['/../', (at) => `${at}/s/../folder/../s/work`],
    ['/proc/self/root', (at) => `/proc/self/root${at}/s/work`],
    ['/proc/<pid>/root', (at) => `/proc/${process.pid}/root${at}/folder/work`],
  ];

  it.each(SPELLINGS.filter(([spelling]) => onLinux || !spelling.startsWith('/proc')))(
    'is one server by %s, configured beside its discovery',
    async (_, spell) => {
      await expectOneDeath(await start([`--tmux.server=mine=${spell(folder)}`]), 'mine');
    },
  );

  it('is one server by all spellings at once, and each PUT says which server it is', async () => {
    const running = await start(['--tmux.discover-processes', `--tmux.server-include=work`]);
    const first = await put(running.daemon, 'mine', join(folder, 'link'));
    expect(first).toMatchObject({ status: 201, body: { socket: server.socket, up: true } });
    await link(server.socket, join(folder, 'hard'));
    const spellings = [...SPELLINGS.map(([, spell]) => spell(folder)), join(folder, 'hard')];
    for (const [number, socket] of spellings.entries()) {
      const { status, body } = await put(running.daemon, `other${number}`, socket);
      expect([status, body.error?.code]).toEqual([409, 'socket_taken']);
      expect(body.error?.message).toContain('already registered as "mine"');
    }
    expect(await put(running.daemon, 'mine', join(folder, 'hard'))).toMatchObject({ status: 200 });
    await expectOneDeath(running, 'mine');
  });

  it('is one server by a hard link in its folder, found or configured', async () => {
    await link(server.socket, join(sockets, 'hard'));
    const { daemon, feed } = await start();
    await ticks(daemon, 1);
    const [name = ''] = await namesUp(daemon);
    expect(['work', 'hard']).toContain(name);
    await expectOneDeath({ daemon, feed }, name);
  });

  it('is not called lost, nor another one, if one of the hard links to its socket is removed', async () => {
    const hard = join(sockets, 'hard');
    await link(server.socket, hard);
    const { daemon, feed } = await start();
    await watched(daemon, server);
    await ticks(daemon, 2);
    const [name = ''] = await namesUp(daemon);
    await unlink(name === 'work' ? server.socket : hard);
    await ticks(daemon, 3);
    expect(feed.messages.filter(({ type }) => type === 'server-unreachable')).toEqual([]);
    await expectOneDeath({ daemon, feed }, name);
  });

  it('has no second name for a moment over a restart of the daemon', async () => {
    await link(server.socket, join(sockets, 'hard'));
    const first = await start();
    await watched(first.daemon, server);
    await ticks(first.daemon, 2);
    const [name = ''] = await namesUp(first.daemon);
    const before = first.feed.messages.filter(({ type }) => type === 'server-registered').length;
    await first.daemon.stop();
    const second = await start();
    await watched(second.daemon, server);
    await ticks(second.daemon, 2);
    expect(second.feed.messages.filter(({ type }) => type === 'server-registered')).toHaveLength(before);
    await expectOneDeath(second, name);
  });

  it('is not called lost by a second name that its socket has for a moment', async () => {
    const { daemon, feed } = await start();
    await watched(daemon, server);
    // A daemon looks at such a name some time after it came: it may be gone before, meanwhile and after.
    for (let round = 0; round < 80; round++) {
      const other = join(sockets, `name${round}`);
      const isLink = round % 2 === 0;
      if (isLink) linkSync(server.socket, other);
      else renameSync(server.socket, other);
      const until = performance.now() + (round % 16) / 2;
      while (performance.now() < until);
      if (isLink) unlinkSync(other);
      else renameSync(other, server.socket);
      await delay(40);
    }
    await ticks(daemon, 2);

    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toEqual([]);
    expect(await namesUp(daemon)).toEqual(['work']);
    await server.crash();
    await eventually('its death is told', () => feed.messages.some(({ type }) => type === 'server-gone'));
    await ticks(daemon, 2);
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(1);
  }, 60_000);

  it('is one server by two entries of the configuration, of which the second is reported', async () => {
    await link(server.socket, join(folder, 'hard'));
    const entries = [`--tmux.server=one=${server.socket}`, `--tmux.server=two=${join(folder, 'hard')}`];
    const { stdout } = await check(entries);
    expect(stdout).toMatch(/^FAIL servers: two is not registered: .*already registered as "one"$/m);
    const running = await start(entries);
    await ticks(running.daemon, 2);
    const refusals = running.daemon.log.filter(
      ({ server: name, msg }) => name === 'two' && /^not registered/.test(msg),
    );
    expect(refusals.map(({ msg }) => msg)).toEqual([expect.stringContaining('already registered as "one"')]);
    await expectOneDeath(running, 'one');
  });

  function check(entries: readonly string[]): Promise<CliResult> {
    return cli(['check', ...daemonFlags(sockets, { state: folder, schedule: null, flags: entries })]);
  }

  itAsRoot('is one server by a bind mount', async () => {
    const bound = join(folder, 'bound');
    await mkdir(bound);
    await promisify(execFile)('mount', ['--bind', sockets, bound]);
    cleanups.push(() => promisify(execFile)('umount', ['-l', bound]));
    const running = await start([`--tmux.server=one=${bound}/work`]);
    const { status, body } = await put(running.daemon, 'two', server.socket);
    expect([status, body.error?.message]).toEqual([409, expect.stringContaining('already registered as "one"')]);
    await expectOneDeath(running, 'one');
  });

  it('keeps its name when its socket is moved, and is never called lost', async () => {
    const running = await start();
    const { daemon, feed } = running;
    await watched(daemon, server);
    await rename(server.socket, join(sockets, 'moved'));
    await eventually('the new path', async () => {
      const { socket, state } = (await (await fetch(`${daemon.url}/api/v1/servers/work`)).json()) as Record<
        string,
        string
      >;
      return socket === join(sockets, 'moved') && state === 'up';
    });
    await expectOneDeath(running, 'work');
    expect(feed.messages.filter(({ type }) => type === 'server-unreachable')).toEqual([]);
  });

  itOnLinux('keeps its name when its socket is moved over that of another, which is the one that is lost', async () => {
    const other = await TmuxServer.start({ folder: sockets, name: 'other' });
    cleanups.push(() => other.cleanup());
    const { daemon, feed } = await start();
    await watched(daemon, server);
    await watched(daemon, other);
    await rename(server.socket, other.socket);
    await feed.next(({ type }) => type === 'server-unreachable');
    await eventually('the new path', async () => (await namesUp(daemon)).join() === 'work');
    await watched(daemon, server);
    await ticks(daemon, 2);
    expect(await namesUp(daemon)).toEqual(['work']);
    await server.crash();
    await other.crash();
    const gone = () => feed.messages.filter(({ type }) => type === 'server-gone').map(({ server: dead }) => dead);
    await eventually('both deaths', () => gone().length >= 2);
    await ticks(daemon, 2);
    // They died within milliseconds, and either poll can be the first to end.
    const inOrder = gone().toSorted((a, b) => Number(b?.pid === server.pid) - Number(a?.pid === server.pid));
    expect(inOrder).toMatchObject([{ name: 'work', pid: server.pid }, { pid: other.pid }]);
  });

  it('is found again where a person says that its socket was moved to', async () => {
    const running = await start([`--tmux.server=work=${server.socket}`]);
    const { daemon, feed } = running;
    await watched(daemon, server);
    await rename(server.socket, join(folder, 'far'));
    await feed.next(({ type }) => type === 'server-unreachable');
    expect(await put(daemon, 'other', join(folder, 'far'))).toMatchObject({ status: 409 });
    await feed.next(({ type }) => type === 'server-recovered');
    await expectOneDeath(running, 'work');
  });

  it('goes on under its name over a restart of the daemon, also after its socket was moved', async () => {
    // On any machine some program listens on a socket whose file is gone.
    const lost = createServer().listen(join(folder, 'lost'));
    cleanups.push(async () => lost.close());
    await once(lost, 'listening');
    await unlink(join(folder, 'lost'));
    const flags = [`--tmux.server=mine=${join(folder, 'folder', 'work')}`];
    const { daemon } = await start(flags);
    await watched(daemon, server);
    await rename(server.socket, join(sockets, 'moved'));
    await eventually('the new path', async () => {
      const { socket } = (await (await fetch(`${daemon.url}/api/v1/servers/mine`)).json()) as Record<string, string>;
      return socket === join(sockets, 'moved');
    });
    await daemon.stop();
    const second = await start(flags);
    await watched(second.daemon, server);
    expect(second.feed.of('mine').map(({ type }) => type)).toEqual(['server-registered', 'server-up']);
    await second.daemon.stop();
    await server.crash();
    const { feed, daemon: third } = await start(flags);
    await feed.next(({ type }) => type === 'server-gone');
    await ticks(third, 2);
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toMatchObject([
      { server: { name: 'mine', pid: server.pid }, reason: 'lost' },
    ]);
  });

  it('is the configured one when the folder is made later, as a link', async () => {
    const running = await start([`--tmux.server=mine=${folder}/later/work`]);
    expect(await namesUp(running.daemon)).toEqual(['work']);
    await symlink(sockets, join(folder, 'later'));
    await running.feed.next(({ type, server: about }) => type === 'server-up' && about?.name === 'mine');
    await expectOneDeath(running, 'mine');
    await server.restart();
    await eventually('it is up again', async () => (await namesUp(running.daemon)).join() === 'mine');
  });

  it('is the one that the API registered when the folder is made later, as a link', async () => {
    const running = await start();
    expect((await put(running.daemon, 'mine', `${folder}/later/work`)).status).toBe(201);
    await symlink(sockets, join(folder, 'later'));
    await running.feed.next(({ type, server: about }) => type === 'server-up' && about?.name === 'mine');
    await expectOneDeath(running, 'mine');
  });

  itOnLinux('has its death reported, whatever another server claims', async () => {
    const startedAt = await server.run('display-message', '-p', '#{start_time}');
    const { daemon, feed } = await start();
    await watched(daemon, server);
    const fake = await claim(server.pid, Number(startedAt), join(sockets, 'claims'));
    await eventually('it was asked', () => fake.asked > 1);
    await ticks(daemon, 2);
    expect(await namesUp(daemon)).toEqual(['claims', 'work']);

    await server.crash();
    await feed.next(({ type }) => type === 'server-gone');
    await ticks(daemon, 2);
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toMatchObject([{ server: { name: 'work' } }]);

    await fake.close();
    await feed.next(({ type, server: about }) => type === 'server-gone' && about?.name === 'claims');
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(2);
  });

  itOnLinux('has its death reported, also if another one takes its path and claims its life', async () => {
    const startedAt = await server.run('display-message', '-p', '#{start_time}');
    const { daemon, feed } = await start();
    await watched(daemon, server);
    await rm(server.socket);
    const fake = await claim(server.pid, Number(startedAt), server.socket);
    await eventually('it was asked', () => fake.asked > 1);
    await ticks(daemon, 2);

    await server.crash();
    const gone = await feed.next(({ type }) => type === 'server-gone');
    await ticks(daemon, 3);
    expect(gone.server?.pid).toBe(server.pid);
    expect(gone.server?.name.startsWith(basename(server.socket))).toBe(true);
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(1);
  });

  /** A server that answers as another one would: with that one's pid and start time, and one session of one pane. */
  async function claim(pid: number, startedAt: number, socket: string): Promise<FakeProtocolServer> {
    const claimed = new FakeServer(socket, pid, startedAt);
    claimed.content.sessions.set('$0', 'main');
    claimed.content.windows.set('@0', { sessions: new Set(['$0']), panes: new Set(['%0']) });
    const fake = await FakeProtocolServer.listen(socket, (connection, command) => {
      // A watch waits.
      if (command[0] !== 'list-panes') return;
      connection.write(Buffer.concat([outputFrame(claimed.answer(command)), exitFrame(0)]));
    });
    cleanups.push(() => fake.close());
    return fake;
  }
});
