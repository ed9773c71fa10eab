import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { askServer } from '../support/tmux/ask-server.ts';
import { exchangeBare, spawnBare } from '../support/tmux/rival-pollers.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import type { TmuxServer } from '../support/tmux/tmux-server.ts';
import { comparedRow, median, type Row } from './row.ts';
import { costOfTicks, growthRows, manyPanes, rowsOfTick, type TickCosts } from './tick.ts';
import { wholeDaemon } from './whole-daemon.ts';

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
    if (cost) yield* rowsOfTick(`${count} ${count === 1 ? 'server' : 'servers'}`, cost, 0.3);
    if (cost) costs.set(count, cost);
    // The first start compiles code that is cached for the others.
    if (count === 10) await wholeDaemon(folder, servers, [], 0);
    if (count === 10 || count === 200) yield* await wholeDaemon(folder, servers, []);
    if (count === 500) yield* await wholeDaemon(folder, servers, []);
  }
  const [few, many] = [costs.get(100)?.ours, costs.get(500)?.ours];
  if (few && many) yield* growthRows({ count: 100, cost: few }, { count: 500, cost: many });
}

async function onePoll(): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const [server] = await startFleet(folder, 1, ['one', 'two', 'three']);
  if (!server) throw new Error('expected a server');
  const { socket } = server;
  let last: Snapshot | null = null;
  const polls = {
    // The daemon gives each query the former snapshot, whose answer is not parsed again if it is the same.
    unchanged: async () => {
      const result = await askServer(socket, { last });
      last = result.kind === 'snapshot' ? result.snapshot : null;
    },
    changed: () => askServer(socket),
    exchange: () => exchangeBare(socket),
    spawn: () => spawnBare(socket),
  };
  const costs = { unchanged: [] as number[], changed: [] as number[], exchange: [] as number[], spawn: [] as number[] };
  const timesOf = { unchanged: 300, changed: 300, exchange: 300, spawn: 50 };
  const kinds = ['exchange', 'unchanged', 'changed', 'spawn'] as const;
  for (const kind of kinds) await ownCpuMs(polls[kind], 2 * timesOf[kind]);
  for (let round = 0; round < 9; round++) {
    for (const kind of kinds) costs[kind].push(await ownCpuMs(polls[kind], timesOf[kind]));
  }
  await endFleet([server]);
  await removeFolder(folder);
  const exchange = { name: 'bare round trip of the same bytes', value: median(costs.exchange) };
  const spawn = { name: 'bare child_process.spawn of tmux with the same command', value: median(costs.spawn) };
  return (['unchanged', 'changed'] as const).flatMap((kind) => {
    const [title, cost] = [`own CPU of one poll, answer ${kind}`, median(costs[kind])];
    return [comparedRow(title, cost, 'ms', exchange, 2.0), comparedRow(title, cost, 'ms', spawn, 0.15)];
  });
}

async function ownCpuMs(run: () => Promise<unknown>, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}
