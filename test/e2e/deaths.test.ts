import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { childrenOf } from '../support/machine/process-life.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

interface Case {
  readonly name: string;
  readonly reason: string;
  readonly end: (server: TmuxServer) => Promise<unknown>;
}

const CASES: readonly Case[] = [
  { name: 'kill-server', reason: 'exited', end: (server) => server.run('kill-server') },
  { name: 'SIGKILL', reason: 'crashed', end: (server) => server.crash() },
  { name: 'SIGTERM', reason: 'exited', end: async (server) => server.kill('SIGTERM') },
  {
    name: 'last-session-closed',
    reason: 'exited',
    // By one client, so that no poll comes between.
    end: (server) => server.run('kill-session', '-t', 'one', ';', 'kill-session', '-t', 'two'),
  },
];

describe.each([
  { mode: 'with the death watch', flags: [], reasonOf: ({ reason }: Case) => reason },
  { mode: 'by polling alone', flags: ['--no-watch'], reasonOf: () => 'lost' },
])('A death seen $mode', ({ flags, reasonOf }) => {
  let daemon: Daemon;
  let feed: FeedReader;

  beforeAll(async () => {
    daemon = await Daemon.start({ flags });
    feed = await FeedReader.open(daemon.url);
  });

  afterAll(async () => {
    feed.close();
    await daemon.cleanup();
  });

  it('is told once, leaves nothing behind, and ends with the return', async () => {
    const lives = await Promise.all(CASES.map((death) => begin(death)));
    try {
      if (flags.length === 0) await watched(daemon, ...lives.map(({ server }) => server));
      await Promise.all(lives.map(({ death, server }) => death.end(server)));
      const notices = await Promise.all(lives.map(({ death }) => told('server-gone', death.name)));
      // A line of the log can come after the event.
      const logged = () => daemon.log.filter(({ type }) => type === 'server-gone').length;
      await eventually('each death is logged', () => logged() >= CASES.length);
      const loggedBefore = daemon.log.length;
      const toldBefore = feed.messages.length;
      await ticks(10);
      expect(feed.messages.slice(toldBefore).filter(({ type }) => type !== 'heartbeat')).toEqual([]);
      expect(daemon.log.slice(loggedBefore)).toEqual([]);
      expect(childrenOf(daemon.pid)).toEqual([]);
      for (const { death } of lives) await expectReaped(death);
      for (const [index, { server }] of lives.entries()) await expectReturn(server, notices[index]?.['incident']);
    } finally {
      await Promise.all(lives.map(({ server }) => server.cleanup()));
      await Promise.all(lives.map(({ server }) => feed.next((message) => isAbout(message, 'server-gone', server.pid))));
    }
  });

  it('by a restart between two polls is one death, and the new life is up', async () => {
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'restarted' });
    try {
      await feed.next(({ type, server }) => type === 'server-up' && server?.name === 'restarted');
      await server.crash();
      await server.restart();
      await feed.next((message) => isAbout(message, 'server-up', server.pid));
      await ticks(3);
      expect(feed.of('restarted', 'server-gone')).toHaveLength(1);
      expect(await daemon.sample('tmux_server_up{server="restarted"}')).toBe(1);
    } finally {
      await server.cleanup();
    }
  });

  async function begin(death: Case): Promise<{ death: Case; server: TmuxServer }> {
    const server = await TmuxServer.start({ folder: daemon.sockets, name: death.name, sessions: ['one', 'two'] });
    await told('server-up', death.name);
    await eventually('both sessions are known', async () => {
      return (await daemon.sample(`tmux_server_sessions{server="${death.name}"}`)) === 2;
    });
    expect(await daemon.sample(counterOf(death))).toBe(0);
    return { death, server };
  }

  async function expectReaped(death: Case): Promise<void> {
    expect(feed.of(death.name, 'server-gone')).toMatchObject([
      { reason: reasonOf(death), lost: { sessions: 2, session_names: ['one', 'two'] } },
    ]);
    expect(daemon.log.filter(({ server, type }) => server === death.name && type === 'server-gone')).toHaveLength(1);
    expect(await daemon.sample(counterOf(death))).toBe(1);
    expect(await daemon.sample(`tmux_server_up{server="${death.name}"}`)).toBe(0);
    expect(await familiesOf(death.name)).toEqual([
      'tmux_server_gone_timestamp_seconds',
      'tmux_server_gone_total',
      'tmux_server_up',
    ]);
  }

  async function expectReturn(server: TmuxServer, incident: unknown): Promise<void> {
    await server.restart();
    const back = await feed.next((message) => isAbout(message, 'server-up', server.pid));
    expect(back['incident']).toBe(incident);
    expect(await daemon.sample(`tmux_server_up{server="${back.server?.name}"}`)).toBe(1);
  }

  function counterOf(death: Case): string {
    return `tmux_server_gone_total{server="${death.name}",reason="${reasonOf(death)}"}`;
  }

  function told(type: string, name: string): Promise<FeedMessage> {
    return feed.next((message) => message.type === type && message.server?.name === name);
  }

  /** Settles when the daemon has ended this many ticks more. */
  async function ticks(count: number): Promise<void> {
    const ended = async () => (await daemon.sample('tmux_exporter_polls_total')) ?? 0;
    const until = (await ended()) + count;
    await eventually(`${count} more ticks`, async () => (await ended()) >= until, 30_000);
  }

  async function familiesOf(server: string): Promise<string[]> {
    const lines = (await daemon.metrics()).split('\n').filter((line) => line.includes(`server="${server}"`));
    return [...new Set(lines.map((line) => line.slice(0, line.indexOf('{'))))].sort();
  }
});

function isAbout({ type, server }: FeedMessage, wanted: string, pid: number): boolean {
  return type === wanted && server?.pid === pid;
}
