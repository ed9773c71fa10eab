import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LastWord } from '../../../src/core/model/observation.ts';
import {
  openWatch,
  type WatchConnection,
  type WatchConnectionOptions,
} from '../../../src/tmux/watch/watch-connection.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { inState } from '../../support/machine/process-life.ts';
import {
  exitFrame,
  FakeProtocolServer,
  FULL_FRAME,
  outputFrame,
  shutdownFrame,
  versionFrame,
} from '../../support/tmux/fake-protocol-server.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';
import { connectionsTo } from '../../support/tmux/watched.ts';

const CHANNEL = 'nobody-signals-this';

function watchOf(socket: string, options: Partial<WatchConnectionOptions> = {}): WatchConnection {
  return openWatch({ path: socket, version: '3.3a', channel: CHANNEL, pid: process.pid, ...options });
}

describe('openWatch, on a real server', () => {
  let server: TmuxServer;
  const watches: WatchConnection[] = [];

  beforeEach(async () => {
    server = await TmuxServer.start();
    await noConnection();
  });

  afterEach(async () => {
    for (const watch of watches.splice(0)) watch.cut();
    await server.cleanup();
  });

  function begin(): WatchConnection {
    const watch = watchOf(server.socket);
    watches.push(watch);
    return watch;
  }

  /** Opens a watch, and waits until its server has taken it. */
  async function watch(): Promise<WatchConnection> {
    const opened = begin();
    await eventually('the watch to arrive', opened.hasArrived);
    return opened;
  }

  function noConnection(): Promise<void> {
    return eventually('the server to hold no connection', () => connectionsTo(server.socket).length === 0);
  }

  it.each<[string, LastWord, (server: TmuxServer) => unknown]>([
    ['SIGKILL', 'nothing', (one) => one.kill('SIGKILL')],
    ['SIGSEGV', 'nothing', (one) => one.kill('SIGSEGV')],
    ['kill-server', 'shut_down', (one) => one.run('kill-server')],
    ['SIGTERM', 'shut_down', (one) => one.kill('SIGTERM')],
    ['the end of its last session', 'last_session_closed', (one) => one.run('kill-session')],
    ['the end of its last process', 'last_session_closed', (one) => one.run('send-keys', '-t', 'main', 'C-d')],
  ])('ends at %s, and hears %s', async (_, word, end) => {
    const { ended } = await watch();

    await end(server);

    expect(await ended).toBe(word);
  });

  it('hears no more than an orderly end of a server that is to exit with its last client', async () => {
    await server.attachControl('main');
    await server.run('set-option', '-s', 'exit-unattached', 'on');
    const { ended } = await watch();

    await server.run('detach-client', '-s', 'main');

    expect(await ended).toBe('ended');
    await server.ended();
  });

  it('is in no list, and keeps no server alive', async () => {
    await watch();

    expect(await server.run('list-clients')).toBe('');
    expect(await server.run('list-sessions', '-F', '#{session_attached}')).toBe('0');

    await server.run('kill-session');
    await server.ended();
  });

  it('ends if somebody signals its channel, though the server lives: an end proves no death', async () => {
    const { ended } = await watch();

    await server.run('wait-for', '-S', CHANNEL);
    await ended;

    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('main');
  });

  it('leaves nothing in the server when it leaves', async () => {
    const opened = await watch();
    expect(connectionsTo(server.socket)).toHaveLength(1);

    await opened.leave(server.socket);
    await noConnection();

    // A signal that nobody waited for would let the next one through at once.
    const next = await watch();
    expect(await Promise.race([next.ended, server.run('list-clients')])).toBe('');
    expect(next.hasArrived()).toBe(true);
  });

  it('hears nothing of an end that it made itself', async () => {
    const cut = await watch();
    cut.cut();

    expect(await cut.ended).toBeNull();
    await noConnection();
    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('main');
  });

  it('can leave a server that hangs', async () => {
    const opened = await watch();
    server.kill('SIGSTOP');
    await inState(server.life, 'T');

    await opened.leave(server.socket);

    expect(await opened.ended).toBeNull();
    server.kill('SIGCONT');
    await noConnection();
  });

  it('does not arrive at a server that hangs, and learns nothing of its end', async () => {
    server.kill('SIGSTOP');
    await inState(server.life, 'T');
    const { ended, hasArrived } = begin();
    await server.crash();

    expect([await ended, hasArrived()]).toEqual([null, false]);
  });
});

describe('openWatch, on a server that says anything', () => {
  let folder = '';
  let socket = '';
  let server: FakeProtocolServer | null = null;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    socket = join(folder, 'x');
  });

  afterEach(async () => {
    await server?.close();
    server = null;
    await removeFolder(folder);
  });

  /** The last word of a server that answers with these frames, and then closes the connection. */
  async function heardOf(frames: readonly Buffer[], version: string | null = '3.5a'): Promise<LastWord | null> {
    server = await FakeProtocolServer.listen(socket, (connection) => connection.end(Buffer.concat(frames)));
    return watchOf(socket, { version }).ended;
  }

  const arrived = outputFrame('exit-unattached off\n');

  it.each<[string | null, LastWord]>([
    ['2.9a', 'ended'],
    ['3.1c', 'ended'],
    ['3.2', 'last_session_closed'],
    ['3.2a', 'last_session_closed'],
    ['3.10', 'last_session_closed'],
    ['next-3.6', 'last_session_closed'],
    ['4.0', 'last_session_closed'],
    ['master', 'ended'],
    [null, 'ended'],
  ])('knows whether EXIT of version %s means its last session: %s', async (version, word) => {
    expect(await heardOf([arrived, exitFrame(0)], version)).toBe(word);
  });

  it.each<[string, readonly Buffer[], LastWord | null]>([
    ['SHUTDOWN', [arrived, shutdownFrame()], 'shut_down'],
    ['SHUTDOWN before the watch has arrived', [shutdownFrame()], 'shut_down'],
    [
      'EXIT with exit-unattached as old versions print it',
      [outputFrame('exit-unattached 0\n'), exitFrame(0)],
      'last_session_closed',
    ],
    ['EXIT with exit-unattached on', [outputFrame('exit-unattached on\n'), exitFrame(0)], 'ended'],
    ['EXIT of a command that failed', [arrived, exitFrame(1)], null],
    ['EXIT before the watch has arrived', [exitFrame(0)], null],
    ['nothing', [arrived], 'nothing'],
    ['nothing before the watch has arrived', [], null],
    ['half an answer', [outputFrame('exit-unattached o')], null],
    ['another version of the protocol', [versionFrame(7)], null],
    ['no protocol at all', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], null],
    ['more than a watch has to hear', [arrived, FULL_FRAME], null],
  ])('hears of %s what it proves', async (_, frames, word) => {
    expect(await heardOf(frames)).toBe(word);
  });

  it('ends at once, without a word, if there is nothing', async () => {
    const { ended, hasArrived } = watchOf(socket);

    expect([await ended, hasArrived()]).toEqual([null, false]);
  });
});
