import { afterEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { childrenOf } from '../support/machine/process-life.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

/** The tmux of the machine, and each that `TMUX_BINARIES` names, separated by colons. */
const BINARIES = ['tmux', ...(process.env['TMUX_BINARIES'] ?? '').split(':').filter(Boolean)];

interface Ending {
  readonly name: string;
  readonly reason: string;
  /** What a server says of it; before 3.2 the end of the last session is not told apart. */
  readonly cause: string;
  readonly severity: string;
  readonly end: (server: TmuxServer) => Promise<unknown>;
}

const ENDINGS: readonly Ending[] = [
  {
    name: 'sigkill',
    reason: 'crashed',
    cause: 'unknown',
    severity: 'critical',
    end: async (server) => server.kill('SIGKILL'),
  },
  {
    name: 'sigsegv',
    reason: 'crashed',
    cause: 'unknown',
    severity: 'critical',
    end: async (server) => server.kill('SIGSEGV'),
  },
  {
    name: 'sigterm',
    reason: 'exited',
    cause: 'shut_down',
    severity: 'warning',
    end: async (server) => server.kill('SIGTERM'),
  },
  {
    name: 'kill-server',
    reason: 'exited',
    cause: 'shut_down',
    severity: 'warning',
    end: (server) => server.run('kill-server'),
  },
  {
    name: 'last-session',
    reason: 'exited',
    cause: 'last_session_closed',
    severity: 'info',
    end: (server) => server.run('kill-session', '-t', 'one', ';', 'kill-session', '-t', 'two'),
  },
];

describe.each(BINARIES)('A server of %s, with no tmux in the PATH of the exporter,', (binary) => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(): Promise<{ daemon: Daemon; feed: FeedReader }> {
    const daemon = await Daemon.start({ env: { PATH: '/nonexistent' } });
    cleanups.push(() => daemon.cleanup());
    const feed = await FeedReader.open(daemon.url);
    cleanups.push(async () => feed.close());
    return { daemon, feed };
  }

  async function startServer(daemon: Daemon, name: string): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: daemon.sockets, name, sessions: ['one', 'two'], binary });
    cleanups.push(() => server.cleanup());
    return server;
  }

  it('is up with its sessions, and dies in five ways for the right reason', async () => {
    const { daemon, feed } = await start();
    const servers = await Promise.all(ENDINGS.map(({ name }) => startServer(daemon, name)));
    await watched(daemon, ...servers);
    for (const { name } of ENDINGS) {
      await eventually('both sessions are known', async () => {
        return (await daemon.sample(`tmux_server_sessions{server="${name}"}`)) === 2;
      });
    }
    expect(childrenOf(daemon.pid)).toEqual([]);
    const version = await servers[0]?.run('display-message', '-p', '#{version}');
    const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
    const isOld = major < 3 || (major === 3 && minor < 2);

    for (const [at, { end }] of ENDINGS.entries()) await end(servers[at] as TmuxServer);

    for (const { name, reason, cause, severity } of ENDINGS) {
      const gone = await feed.next((message) => isDeath(message, name));
      const isUntold = isOld && cause === 'last_session_closed';
      const said = isUntold ? { cause: 'unknown', severity: 'warning' } : { cause, severity };
      expect(gone).toMatchObject({ reason, ...said, lost: { sessions: 2 } });
      expect(feed.messages.filter((message) => isDeath(message, name))).toHaveLength(1);
    }
  });

  it('is up with no session, if it stays then', async () => {
    const { daemon } = await start();
    const server = await startServer(daemon, 'empty');
    await watched(daemon, server);
    await server.run('set-option', '-s', 'exit-empty', 'off');
    await server.run('kill-session', '-t', 'one', ';', 'kill-session', '-t', 'two');

    await eventually('no session is left', async () => {
      return (await daemon.sample('tmux_server_sessions{server="empty"}')) === 0;
    });
    expect(await daemon.sample('tmux_server_up{server="empty"}')).toBe(1);
  });
});

function isDeath({ type, server }: FeedMessage, name: string): boolean {
  return type === 'server-gone' && server?.name === name;
}
