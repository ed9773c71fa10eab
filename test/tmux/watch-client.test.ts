import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  startWatchClient,
  tellsRelease,
  type WatchClient,
  type WatchClientOptions,
} from '../../src/tmux/watch-client.ts';
import { eventually } from '../support/eventually.ts';
import { ended, inState, processLife } from '../support/process-life.ts';
import { TmuxServer } from '../support/tmux-server.ts';

const CHANNEL = 'nobody-signals-this';

/** A program that starts a watch, tells its pid and stays. */
const DAEMON = `
  import { startWatchClient } from ${JSON.stringify(new URL('../../src/tmux/watch-client.ts', import.meta.url).href)};
  const options = { binary: 'tmux', environment: { PATH: process.env.PATH }, channel: '${CHANNEL}', identity: null };
  const client = startWatchClient({ ...options, socket: process.argv[1], setpriv: 'setpriv', onNotification: null });
  console.log(client.pid);
  setInterval(() => {}, 60_000);
`;

describe('startWatchClient', () => {
  let server: TmuxServer;
  const clients: WatchClient[] = [];

  beforeEach(async () => {
    server = await TmuxServer.start();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.kill();
      await client.ended;
    }
    await server.cleanup();
  });

  function begin(options: Partial<WatchClientOptions> = {}): WatchClient {
    const client = startWatchClient({
      binary: 'tmux',
      environment: { PATH: process.env['PATH'] ?? '' },
      socket: server.socket,
      channel: CHANNEL,
      identity: null,
      setpriv: null,
      onNotification: null,
      ...options,
    });
    clients.push(client);
    return client;
  }

  /** Starts a watch, and waits until it has reached its server. */
  async function watch(options: Partial<WatchClientOptions> = {}): Promise<WatchClient> {
    const client = begin(options);
    await eventually('the client to arrive', client.hasArrived);
    return client;
  }

  it.each<[string, number, (server: TmuxServer) => unknown]>([
    ['kill-server', 0, (one) => one.run('kill-server')],
    ['SIGTERM', 0, (one) => one.kill('SIGTERM')],
    ['the end of its last session', 0, (one) => one.run('kill-session')],
    ['SIGKILL', 1, (one) => one.kill('SIGKILL')],
    ['SIGSEGV', 1, (one) => one.kill('SIGSEGV')],
  ])('ends at %s with %d, and is let go only at an orderly end', async (_, code, end) => {
    const client = await watch();

    await end(server);

    expect([await client.ended, client.wasReleased()]).toEqual([code, code === 0]);
  });

  it.each(['kill-server', 'kill-session'])('is let go at %s with notifications, too', async (command) => {
    const client = await watch({ onNotification: () => {} });

    await server.run(command);

    expect([await client.ended, client.wasReleased()]).toEqual([0, true]);
  });

  it('was not let go where somebody ended it', async () => {
    const client = await watch();
    process.kill(client.pid ?? 0, 'SIGTERM');

    expect([await client.ended, client.wasReleased()]).toEqual([0, false]);
  });

  it('is in no list, and keeps no server alive', async () => {
    await watch();

    expect(await server.run('list-clients')).toBe('');
    expect(await server.run('list-sessions', '-F', '#{session_attached}')).toBe('0');

    await server.run('kill-session');
    await server.ended();
  });

  it('ends when it is told to, and the server lives on', async () => {
    const client = await watch();
    client.kill();
    await client.ended;

    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('main');
  });

  it('tells of sessions that come and go where it is asked to', async () => {
    const lines: string[] = [];
    await watch({ onNotification: (line) => void lines.push(line) });
    await server.addSession('other');

    await eventually('a notification', () => lines.includes('%sessions-changed'));
  });

  it('is ended by the kernel when its daemon is killed, where there is setpriv', async () => {
    const daemon = spawn(process.execPath, ['--input-type=module', '--eval', DAEMON, server.socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(daemon.stdout, 'data');
    const client = processLife(Number(String(line)));

    daemon.kill('SIGKILL');
    await once(daemon, 'exit');

    await ended(client);
  });

  it('can be ended while its server hangs', async () => {
    const client = await watch();
    server.kill('SIGSTOP');
    client.kill();

    await client.ended;
    server.kill('SIGCONT');
  });

  it('has not arrived at a server that hangs, and loses that as any other', async () => {
    server.kill('SIGSTOP');
    await inState(server.life, 'T');
    const client = begin();
    await eventually('a client', () => readFileSync(`/proc/${client.pid}/stat`, 'utf8').includes('(tmux: client) S'));
    await server.crash();

    expect([await client.ended, client.hasArrived()]).toEqual([1, false]);
  });

  it('ends at once, without a code, where there is no tmux', async () => {
    const client = startWatchClient({
      binary: '/nonexistent/tmux',
      environment: {},
      socket: server.socket,
      channel: CHANNEL,
      identity: null,
      setpriv: null,
      onNotification: null,
    });

    expect(await client.ended).toBeNull();
  });
});

describe('tellsRelease', () => {
  it.each([
    ['2.9a', false],
    ['3.1c', false],
    ['3.2a', false],
    ['3.3a', true],
    ['3.10', true],
    ['next-3.6', true],
    ['4.0', true],
    ['master', false],
  ])('knows whether a server of version %s tells that it lets go: %s', (version, tells) => {
    expect(tellsRelease(version)).toBe(tells);
  });
});
