import { setTimeout as delay } from 'node:timers/promises';
import { createTmuxClient } from '../../src/tmux/client.ts';
import { queryServer } from '../../src/tmux/server-query.ts';
import { Daemon, type DaemonOptions } from '../support/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { cpuSeconds, proportionalBytes, residentBytes } from '../support/process-cost.ts';
import { childrenOf } from '../support/process-life.ts';
import { spawnBare } from '../support/rival-pollers.ts';
import { endFleet, startFleet } from '../support/tmux-fleet.ts';
import type { TmuxServer } from '../support/tmux-server.ts';
import { comparedRow, median, plainRow, type Row } from './row.ts';
import { costOfTicks, growthRows, manyPanes, rowsOfTick, type TickCosts } from './tick.ts';

/** The default schedule. */
const SCHEDULE = '*/5 * * * * *';
const INTERVAL_MS = 5_000;
const OBSERVED_MS = 30_000;

/** What polling costs: one poll beside a bare spawn of the same command, ticks beside other pollers, and whole daemons, over fleets of several sizes. */
export async function* bench(): AsyncGenerator<Row> {
  yield* await onePoll();
  yield* await manyPanes();
  yield* growingFleet();
}

async function* growingFleet(): AsyncGenerator<Row> {
  const folder = await makePrivateFolder();
  const servers: TmuxServer[] = [];
  try {
    yield* measureWhileGrowing(folder, servers);
  } finally {
    await endFleet(servers);
    await removeFolder(folder);
  }
}

async function* measureWhileGrowing(folder: string, servers: TmuxServer[]): AsyncGenerator<Row> {
  const costs = new Map<number, TickCosts>();
  for (const count of [1, 10, 100, 200, 500]) {
    servers.push(...(await startFleet(folder, count - servers.length, ['main'], servers.length)));
    const cost = count === 200 ? null : await costOfTicks(folder, servers);
    if (cost) yield* rowsOfTick(count === 1 ? '1 server' : `${count} servers`, cost);
    if (cost) costs.set(count, cost);
    if (count === 10 || count === 200) yield* await wholeDaemon(folder, servers, { flags: [] });
    if (count === 500) yield* await wholeDaemon(folder, servers, { flags: ['--no-watch'] });
  }
  const [few, many] = [costs.get(100)?.ours, costs.get(500)?.ours];
  if (few && many) yield* growthRows({ count: 100, cost: few }, { count: 500, cost: many });
}

async function onePoll(): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const [server] = await startFleet(folder, 1, ['one', 'two', 'three']);
  if (!server) throw new Error('expected a server');
  const environment = { PATH: process.env['PATH'] ?? '' };
  const client = createTmuxClient({ binary: 'tmux', timeoutMs: 5_000, environment });
  const poll = () => queryServer(client, { socket: server.socket, identity: null, known: null });
  const bare = () => spawnBare(server.socket);
  const ours: number[] = [];
  const theirs: number[] = [];
  await Promise.all([poll(), bare()]);
  for (let round = 0; round < 7; round++) {
    ours.push(await ownCpuMs(poll, 100));
    theirs.push(await ownCpuMs(bare, 100));
  }
  await endFleet([server]);
  await removeFolder(folder);
  const baseline = { name: 'bare child_process.spawn of the same command', value: median(theirs) };
  return [comparedRow('own CPU of one poll', median(ours), 'ms', baseline, 2.0)];
}

async function ownCpuMs(run: () => Promise<unknown>, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

async function wholeDaemon(
  sockets: string,
  servers: readonly TmuxServer[],
  { flags = [] }: DaemonOptions,
): Promise<Row[]> {
  const count = servers.length;
  const state = await makePrivateFolder();
  const begun = performance.now();
  const daemon = await Daemon.start({ flags, sockets, state, schedule: SCHEDULE });
  const startMs = performance.now() - begun;
  await delay(INTERVAL_MS);
  const cpuBefore = cpuSeconds(daemon.pid);
  const serversBefore = servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const commands = 'tmux_exporter_tmux_commands_total{command="display-message"}';
  const [commandsBefore, ticksBefore] = [
    await daemon.sample(commands),
    await daemon.sample('tmux_exporter_polls_total'),
  ];
  const ticks: number[] = [];
  const until = performance.now() + OBSERVED_MS;
  while (performance.now() < until) {
    await delay(INTERVAL_MS);
    ticks.push(((await daemon.sample('tmux_exporter_poll_duration_seconds')) ?? Number.NaN) * 1000);
  }
  const observedSeconds = (performance.now() - until + OBSERVED_MS) / 1000;
  const cpu = ((cpuSeconds(daemon.pid) - cpuBefore) / observedSeconds) * 100;
  const serversCpu =
    ((servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0) - serversBefore) / observedSeconds) * 100;
  const skipped = (await daemon.sample('tmux_exporter_polls_skipped_total')) ?? Number.NaN;
  const polls = ((await daemon.sample(commands)) ?? 0) - (commandsBefore ?? 0);
  const ended = ((await daemon.sample('tmux_exporter_polls_total')) ?? 0) - (ticksBefore ?? 0);
  const watches = childrenOf(daemon.pid);
  const watchBytes = watches.reduce((sum, pid) => sum + proportionalBytes(pid), 0);
  const rss = residentBytes(daemon.pid);
  const name = `${count} servers${flags.includes('--no-watch') ? ', no watches' : ''}`;
  await daemon.stop();
  await removeFolder(state);
  const isIdle = count === 10;
  return [
    plainRow(`${name}: start to first metrics with data`, startMs, 'ms', count <= 10 ? 1_500 : null),
    plainRow(`${name}: tick, median`, median(ticks), 'ms', null),
    plainRow(`${name}: tick, longest`, Math.max(...ticks), 'ms', INTERVAL_MS),
    plainRow(`${name}: ticks skipped`, skipped, '', 0),
    plainRow(`${name}: tmux clients per server and tick`, polls / ended / count, '', 1),
    plainRow(`${name}: CPU of the daemon`, cpu, '% of a core', isIdle ? 3 : null),
    plainRow(`${name}: CPU of all tmux servers`, serversCpu, '% of a core', null),
    plainRow(`${name}: RSS of the daemon`, rss / 2 ** 20, 'MiB', isIdle ? 120 : 200),
    plainRow(`${name}: PSS of all watches`, watchBytes / 2 ** 20, 'MiB', null),
  ];
}
