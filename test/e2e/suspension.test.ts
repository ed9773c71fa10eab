import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, Daemon, daemonFlags, runCli, runJob } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { childrenOf, inState, processLife } from '../support/machine/process-life.ts';
import { listenOn } from '../support/tmux/stale-socket.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { connectionsTo, watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

describe('A daemon that is stopped', () => {
  let daemon: Daemon;
  let feed: FeedReader;
  let server: TmuxServer;
  let other: TmuxServer;

  beforeEach(async () => {
    daemon = await Daemon.start({ run: runJob });
    feed = await FeedReader.open(daemon.url);
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    other = await TmuxServer.start({ folder: daemon.sockets, name: 'other' });
    await watched(daemon, server, other);
  });

  afterEach(async () => {
    daemon.kill('SIGCONT');
    feed.close();
    await server.cleanup();
    await other.cleanup();
    await daemon.cleanup();
  });

  it('by Ctrl-Z holds up no end, and reports afterwards who died meanwhile', async () => {
    daemon.kill('SIGTSTP');
    await inState(processLife(daemon.pid), 'T');
    // A stopped daemon closes nothing any more: only the server's own ends may still be open, until it has read their end.
    await eventually('the server has no connection', () => connectionsTo(server.socket).length === 0);
    await server.run('kill-server');
    await server.ended();

    daemon.kill('SIGCONT');
    const gone = await feed.next(({ type }) => type === 'server-gone');
    expect(gone).toMatchObject({ reason: 'lost', server: { name: 'work' } });
    await watched(daemon, other);
    await other.crash();
    expect(
      await feed.next(({ server: about, type }) => type === 'server-gone' && about?.name === 'other'),
    ).toMatchObject({ reason: 'crashed' });

    daemon.kill('SIGTSTP');
    await inState(processLife(daemon.pid), 'T');
  });

  it('by SIGSTOP is believed once it goes on', async () => {
    daemon.kill('SIGSTOP');
    await inState(processLife(daemon.pid), 'T');
    await server.crash();

    daemon.kill('SIGCONT');
    expect(await feed.next(({ type }) => type === 'server-gone')).toMatchObject({ reason: 'crashed' });
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(1);
  });

  it('by SIGHUP, which reads the configuration again, keeps its connections', async () => {
    let before: string[] = [];
    await eventually('the server has no connection but the watch', () => {
      before = connectionsTo(server.socket);
      return before.length === 1;
    });
    daemon.kill('SIGHUP');
    await eventually('it has read it', () => daemon.log.some(({ msg }) => /configuration was read again/.test(msg)));
    await watched(daemon, server, other);

    expect(connectionsTo(server.socket)).toEqual(expect.arrayContaining(before));
  });
});

describe('A daemon that no shell could continue', () => {
  it('goes on after Ctrl-Z', async () => {
    const folder = await makePrivateFolder();
    const server = await TmuxServer.start({ folder, name: 'work' });
    const port = await freePort();
    const flags = daemonFlags(folder, { schedule: '0 0 1 1 *', flags: [`--web.listen-address=127.0.0.1:${port}`] });
    const line = [...COMMAND_LINE, 'serve', ...flags].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qefc', `exec ${line}`, '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const metrics = `http://127.0.0.1:${port}/metrics`;
      const read = async () => (await fetch(metrics).catch(() => null))?.text();
      await eventually('it watches the server', async () => /^tmux_exporter_watches 1$/m.test((await read()) ?? ''));
      const former = connectionsTo(server.socket);
      terminal.stdin.write('\x1a');
      await eventually('it connects anew', () => connectionsTo(server.socket).some((one) => !former.includes(one)));
      const exit = once(terminal, 'exit');
      terminal.stdin.write('\x03');
      expect(await exit).toEqual([0, null]);
    } finally {
      for (const pid of childrenOf(terminal.pid ?? 0)) process.kill(pid, 'SIGKILL');
      await server.cleanup();
      await removeFolder(folder);
    }
  });
});

describe('A daemon that waits for the answer of a server for up to an hour', () => {
  let folder: string;
  let hung: Server;
  let flags: readonly string[];
  let kill: () => unknown;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    flags = ['--poll.timeout=1h', `--tmux.server=hung=${join(folder, 'hung')}`];
  });

  afterEach(async () => {
    await kill();
    hung.close();
    await removeFolder(folder);
  });

  it('reads its configuration at once, finds new servers, and takes what it did not wait for as nothing', async () => {
    const daemon = await Daemon.start({ sockets: folder, flags });
    kill = () => daemon.stop('SIGKILL');
    const feed = await FeedReader.open(daemon.url);
    hung = await listenOn(join(folder, 'hung'));
    await once(hung, 'connection');
    daemon.kill('SIGHUP');
    await once(hung, 'connection');
    const server = await TmuxServer.start({ folder, name: 'new' });
    await feed.next(({ type, server: about }) => type === 'server-up' && about?.name === 'new');
    await server.crash();
    await feed.next(({ type }) => type === 'server-gone');

    expect(feed.messages.filter(({ server: about }) => about?.name === 'hung')).toEqual([]);
    feed.close();
    await server.cleanup();
    expect(await daemon.stop()).toBe(0);
  });

  it('ends at once, also during its first poll', async () => {
    hung = await listenOn(join(folder, 'hung'));
    const daemon = runCli(['serve', ...daemonFlags(folder, { flags })]);
    kill = () => daemon.kill('SIGKILL');
    const log = daemon.stderr && text(daemon.stderr);
    await once(hung, 'connection');
    daemon.kill('SIGTERM');

    expect(await once(daemon, 'exit')).toEqual([0, null]);
    expect(await log).toMatch(/SIGTERM: shutting down"\}\n$/);
  });
});

describe('A daemon that ends', () => {
  it('waits for nothing any more after a second signal', async () => {
    const daemon = await Daemon.start();
    const { hostname, port } = new URL(daemon.url);
    const slow = connect(Number(port), hostname);
    slow.on('error', () => {});
    slow.write('GET / HTTP/1.1\r\n');
    await daemon.metrics();
    const repeated = setInterval(() => daemon.kill('SIGTERM'), 100);
    const code = await daemon.stop();
    clearInterval(repeated);

    expect([code, daemon.log.at(-1)?.msg]).toEqual([1, 'a second signal: ending at once']);
    await daemon.cleanup();
  });
});
