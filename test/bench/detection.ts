import { setTimeout as delay } from 'node:timers/promises';
import { Daemon, runBundle } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import type { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { plainRow, type Row } from './row.ts';

const SERVERS = 50;

/** A way to end a server, and the right reason for it if a watch is on the server. */
const ENDS = [
  { name: 'SIGKILL', reason: 'crashed', isBudgeted: true, end: async (server: TmuxServer) => server.kill('SIGKILL') },
  // It includes the start of the client that says kill-server.
  {
    name: 'kill-server',
    reason: 'exited',
    isBudgeted: false,
    end: (server: TmuxServer) => server.run('kill-server').catch(() => {}),
  },
] as const;

/** From the kill of a server to the bytes at a client of the feed, with 50 servers. */
export async function bench(): Promise<Row[]> {
  return [
    ...(await detect('watch on', { flags: [], schedule: '*/5 * * * * *', p50: 3, p99: 25, knowsReason: true })),
    ...(await detect('--no-watch, every 5 s', {
      flags: ['--no-watch'],
      schedule: '*/5 * * * * *',
      p50: null,
      p99: 5_500,
      knowsReason: false,
    })),
    ...(await plainPoller()),
  ];
}

interface Mode {
  readonly flags: readonly string[];
  readonly schedule: string;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly knowsReason: boolean;
}

async function detect(mode: string, { flags, schedule, p50, p99, knowsReason }: Mode): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const servers = await startFleet(folder, SERVERS);
  const daemon = await Daemon.start({ run: runBundle, sockets: folder, flags, schedule });
  const feed = await FeedReader.open(daemon.url);
  const rows: Row[] = [];
  for (const { name, reason, isBudgeted, end } of ENDS) {
    // A server that dies before its watch has begun is reported at once too, but without a reason.
    if (knowsReason) await watched(daemon, ...servers);
    const seen: Promise<Detection>[] = [];
    for (const server of servers) {
      seen.push(detectOne(feed, server, end));
      // Polling alone takes seconds, so the deaths overlap, each at another moment of the interval.
      if (knowsReason) await seen.at(-1);
      else await delay(100);
    }
    const detections = await Promise.all(seen);
    const times = detections.map(({ ms }) => ms);
    const wrong = detections.filter((sighting) => sighting.reason !== reason).length;
    rows.push(...rowsOf(`${mode}, ${name}`, times, isBudgeted ? p50 : null, isBudgeted ? p99 : null));
    if (knowsReason) rows.push(plainRow(`${mode}, ${name}: wrong reason`, wrong, '', 0));
    await Promise.all(servers.map((server) => server.restart()));
    await Promise.all(
      servers.map(({ pid }) => feed.next((message) => message.type === 'server-up' && message.server?.pid === pid)),
    );
  }
  const gone = feed.messages.filter(({ type }) => type === 'server-gone').length;
  rows.push(
    plainRow(
      `${mode}: reports beyond the ${ENDS.length * SERVERS} deaths (missed if negative)`,
      gone - ENDS.length * SERVERS,
      '',
      0,
    ),
  );
  feed.close();
  await daemon.stop();
  await endFleet(servers);
  await removeFolder(folder);
  return rows;
}

interface Detection {
  readonly ms: number;
  readonly reason: unknown;
}

async function detectOne(
  feed: FeedReader,
  server: TmuxServer,
  end: (server: TmuxServer) => Promise<unknown>,
): Promise<Detection> {
  const { pid } = server;
  const death = feed.next((message) => message.type === 'server-gone' && message.server?.pid === pid, 20_000);
  const killedAt = performance.now();
  const ended = end(server);
  const { reason } = await death;
  const ms = performance.now() - killedAt;
  await ended;
  return { ms, reason };
}

/** A poller without the exporter: `has-session` for every server every 2.5 s. */
async function plainPoller(): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const servers = await startFleet(folder, SERVERS);
  const alive = new Set(servers);
  const deaths = new Map<TmuxServer, () => void>();
  let polling = Promise.resolve();
  const poll = async () => {
    for (const server of [...alive]) {
      const lives = await server.run('has-session').then(
        () => true,
        () => false,
      );
      if (!lives && alive.delete(server)) deaths.get(server)?.();
    }
  };
  const timer = setInterval(() => {
    polling = poll();
  }, 2_500);
  const seen: Promise<number>[] = [];
  for (const server of servers) {
    const killedAt = performance.now();
    seen.push(new Promise((resolve) => deaths.set(server, () => resolve(performance.now() - killedAt))));
    server.kill('SIGKILL');
    await delay(100);
  }
  const times = await Promise.all(seen);
  clearInterval(timer);
  await polling;
  await endFleet(servers);
  await removeFolder(folder);
  return rowsOf('a plain poller every 2.5 s, SIGKILL', times, null, null);
}

function rowsOf(name: string, times: readonly number[], p50: number | null, p99: number | null): Row[] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return [
    plainRow(`${name}: p50`, at(0.5), 'ms', p50),
    plainRow(`${name}: p99`, at(0.99), 'ms', p99),
    plainRow(`${name}: longest`, at(1), 'ms', null),
  ];
}
