import { Lane } from '../../src/core/lane.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { cpuSeconds, preciseCpuSeconds } from '../support/machine/process-cost.ts';
import { pollBySession, spawnBare } from '../support/tmux/rival-pollers.ts';
import { Ticking } from '../support/tmux/ticking.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { comparedRow, type Row } from './row.ts';

const CONCURRENCY = 8;

/** CPU milliseconds of one tick: of the poller itself, and of tmux, its clients and servers together. */
export interface TickCost {
  readonly own: number;
  readonly tmux: number;
}

/** The cost of a tick over some servers, compared with other ways to do the same. */
export interface TickCosts {
  readonly ours: TickCost;
  readonly bare: TickCost;
  readonly bySession: TickCost;
}

/** Measures ticks over the servers of a folder, in turns: our own, bare spawns of the same command, and a poller that asks for each session separately. */
export async function costOfTicks(folder: string, servers: readonly TmuxServer[]): Promise<TickCosts> {
  const ticking = new Ticking(folder);
  await ticking.warmUp();
  const found = ticking.registry.list().filter(({ snapshot }) => snapshot !== null).length;
  if (found !== servers.length) throw new Error(`expected ${servers.length} servers, found ${found}`);
  const times = Math.max(1, Math.round(40 / servers.length));
  const sums = { ours: [0, 0], bare: [0, 0], bySession: [0, 0] };
  const rounds = servers.length <= 100 ? 3 : 2;
  for (let round = 0; round < rounds; round++) {
    await addCost(sums.ours, servers, times, () => ticking.tick());
    await addCost(sums.bare, servers, times, () => forEach(servers, spawnBare));
    await addCost(sums.bySession, servers, times, () => forEach(servers, pollBySession));
  }
  await ticking.close();
  const costOf = ([own = 0, tmux = 0]: readonly number[]) => ({ own: own / rounds, tmux: tmux / rounds });
  return { ours: costOf(sums.ours), bare: costOf(sums.bare), bySession: costOf(sums.bySession) };
}

/** The costs as rows; `budget` is the maximum of our own CPU, relative to the bare spawns. */
export function rowsOfTick(name: string, { ours, bare, bySession }: TickCosts, budget: number | null): Row[] {
  const spawns = { name: 'bare spawns of the same command' };
  const poller = { name: 'list-sessions, and two commands per session' };
  return [
    comparedRow(`${name}: own CPU of a tick`, ours.own, 'ms', { ...spawns, value: bare.own }, budget),
    comparedRow(`${name}: own CPU of a tick`, ours.own, 'ms', { ...poller, value: bySession.own }, null),
    comparedRow(`${name}: CPU of tmux by a tick`, ours.tmux, 'ms', { ...spawns, value: bare.tmux }, null),
    comparedRow(`${name}: CPU of tmux by a tick`, ours.tmux, 'ms', { ...poller, value: bySession.tmux }, null),
  ];
}

/** How the cost of one server grows with their number: 1 if it does not. */
export function growthRows(few: { count: number; cost: TickCost }, many: { count: number; cost: TickCost }): Row[] {
  return (['own', 'tmux'] as const).map((part) => {
    const [fewer, more] = [few.cost[part] / few.count, many.cost[part] / many.count];
    const whose = part === 'own' ? 'own CPU' : 'CPU of tmux';
    const baseline = { name: `of ${few.count}`, value: fewer };
    return comparedRow(`${whose} per server and tick, of ${many.count} servers`, more, 'ms', baseline, 1.5);
  });
}

/** The cost of a tick over one server with 1,000 panes: ten sessions of a hundred windows. */
export async function manyPanes(): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const sessions = Array.from({ length: 10 }, (_, number) => `session-${number}`);
  const server = await TmuxServer.start({ folder, sessions });
  try {
    for (const session of sessions) {
      const window = ['new-window', '-d', '-t', `${session}:`, 'exec cat', ';'];
      await server.run(...Array.from({ length: 99 }, () => window).flat());
    }
    const panes = (await server.run('list-panes', '-a', '-F', '#{pane_id}')).split('\n').length;
    // Bare spawns do not parse the answer, which is most of the work for a thousand panes.
    return rowsOfTick(`1 server with ${panes} panes`, await costOfTicks(folder, [server]), null);
  } finally {
    await server.cleanup();
    await removeFolder(folder);
  }
}

async function forEach(servers: readonly TmuxServer[], poll: (socket: string) => Promise<unknown>): Promise<void> {
  const lane = new Lane(CONCURRENCY);
  await Promise.all(servers.map(({ socket }) => lane.run(async () => void (await poll(socket)))));
}

async function addCost(
  sums: number[],
  servers: readonly TmuxServer[],
  times: number,
  tick: () => Promise<void>,
): Promise<void> {
  const tmuxBefore = tmuxSeconds(servers);
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) await tick();
  const { user, system } = process.cpuUsage(before);
  sums[0] = (sums[0] ?? 0) + (user + system) / 1000 / times;
  sums[1] = (sums[1] ?? 0) + ((tmuxSeconds(servers) - tmuxBefore) * 1000) / times;
}

/** CPU of the servers, and of the clients that ended. */
function tmuxSeconds(servers: readonly TmuxServer[]): number {
  const clients = cpuSeconds(process.pid, true) - cpuSeconds(process.pid);
  return servers.reduce((sum, { pid }) => sum + preciseCpuSeconds(pid), clients);
}
