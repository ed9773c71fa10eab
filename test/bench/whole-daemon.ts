import { setTimeout as delay } from 'node:timers/promises';
import { Daemon, runBundle } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { cpuSeconds, residentBytes } from '../support/machine/process-cost.ts';
import { childrenOf } from '../support/machine/process-life.ts';
import type { TmuxServer } from '../support/tmux/tmux-server.ts';
import { median, plainRow, type Row } from './row.ts';

/** The default schedule. */
const SCHEDULE = '*/5 * * * * *';
const INTERVAL_MS = 5_000;
/** Shortly before a tick begins, the previous one should have ended. */
const QUIET_MS = 4_500;
const OBSERVED_TICKS = 6;
/** After this, what polls often is compiled. */
const WARM_UP_MS = 30_000;
/** How long an idle daemon is watched. */
const IDLE_MS = 30_000;
const LONGEST_START_MS = 300_000;

/** The cost of a whole daemon, run as users run it: it polls the servers of a folder by the default schedule, first for a minute in which nobody asks for anything, then for a number of ticks. */
export async function wholeDaemon(
  sockets: string,
  servers: readonly TmuxServer[],
  flags: readonly string[],
  ticks = OBSERVED_TICKS,
): Promise<Row[]> {
  const state = await makePrivateFolder();
  let daemon: Daemon | null = null;
  try {
    const begun = performance.now();
    const options = { flags, sockets, state, schedule: SCHEDULE, longestStartMs: LONGEST_START_MS };
    daemon = await Daemon.start({ ...options, run: runBundle });
    const startMs = performance.now() - begun;
    // A start that nobody looks at only compiles code for the next one.
    if (ticks === 0) return [];
    return rowsOf(servers.length, flags, startMs, await observe(daemon, servers, ticks));
  } finally {
    await daemon?.stop();
    await removeFolder(state);
  }
}

interface Observed {
  readonly tickMs: readonly number[];
  readonly skipped: number;
  readonly commandsPerTick: number;
  readonly processes: number;
  readonly idle: Idle;
}

/** A daemon of which nobody asks for anything. */
interface Idle {
  /** CPU of the daemon, and of the tmux servers, in percent of one core. */
  readonly ownPercent: number;
  readonly serversPercent: number;
  readonly residentBytes: number;
}

async function observe(daemon: Daemon, servers: readonly TmuxServer[], ticks: number): Promise<Observed> {
  const idle = await observeIdle(daemon, servers);
  await quietMoment();
  const before = await countersOf(daemon);
  const tickMs: number[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    await quietMoment();
    tickMs.push(((await daemon.sample('tmux_exporter_poll_duration_seconds')) ?? Number.NaN) * 1000);
  }
  const after = await countersOf(daemon);
  return {
    tickMs,
    skipped: after.skipped - before.skipped,
    commandsPerTick: (after.commands - before.commands) / (after.polls - before.polls),
    processes: childrenOf(daemon.pid).length,
    idle,
  };
}

async function observeIdle({ pid }: Daemon, servers: readonly TmuxServer[]): Promise<Idle> {
  await delay(WARM_UP_MS);
  const [own, ofServers, begun] = [cpuSeconds(pid), cpuOf(servers), performance.now()];
  await delay(IDLE_MS);
  const percent = (seconds: number) => (seconds / (performance.now() - begun)) * 100_000;
  return {
    ownPercent: percent(cpuSeconds(pid) - own),
    serversPercent: percent(cpuOf(servers) - ofServers),
    residentBytes: residentBytes(pid),
  };
}

/** The budget of a daemon for a number of servers. */
interface Budget {
  readonly startMs: number | null;
  readonly tickMs: number;
  readonly percent: number | null;
  readonly mib: number;
}

const BUDGETS: Readonly<Record<number, Budget>> = {
  10: { startMs: 600, tickMs: INTERVAL_MS, percent: 0.7, mib: 85e6 / 2 ** 20 },
  200: { startMs: null, tickMs: 250, percent: 2, mib: 110 },
  500: { startMs: null, tickMs: 700, percent: null, mib: 150 },
};

function rowsOf(count: number, flags: readonly string[], startMs: number, observed: Observed): Row[] {
  const { tickMs, skipped, commandsPerTick, processes, idle } = observed;
  const name = `${count} servers${flags.includes('--no-watch') ? ', no watches' : ''}`;
  const budget = BUDGETS[count];
  return [
    plainRow(`${name}: start to first metrics with data`, startMs, 'ms', budget?.startMs ?? null),
    plainRow(`${name}: tick, median`, median(tickMs), 'ms', budget?.tickMs ?? null),
    plainRow(`${name}: tick, longest`, Math.max(...tickMs), 'ms', INTERVAL_MS),
    plainRow(`${name}: ticks skipped`, skipped, '', 0),
    plainRow(`${name}: commands per server and tick`, commandsPerTick / count, '', 1),
    plainRow(`${name}: processes held`, processes, '', 0),
    plainRow(`${name}: CPU of the idle daemon`, idle.ownPercent, '% of a core', budget?.percent ?? null),
    plainRow(`${name}: CPU of all tmux servers`, idle.serversPercent, '% of a core', null),
    plainRow(`${name}: RSS of the idle daemon`, idle.residentBytes / 2 ** 20, 'MiB', budget?.mib ?? null),
  ];
}

async function countersOf(daemon: Daemon) {
  const samples = (await daemon.metrics()).split('\n').map((line) => line.split(' '));
  const counter = (series: string) => Number(samples.find(([name]) => name === series)?.[1]);
  return {
    commands: counter('tmux_exporter_tmux_commands_total{command="list-panes"}'),
    polls: counter('tmux_exporter_polls_total'),
    skipped: counter('tmux_exporter_polls_skipped_total'),
  };
}

function cpuOf(servers: readonly TmuxServer[]): number {
  return servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}

function quietMoment(): Promise<void> {
  const phase = Date.now() % INTERVAL_MS;
  return delay(phase < QUIET_MS ? QUIET_MS - phase : INTERVAL_MS + QUIET_MS - phase);
}
