import { createTmuxClient } from '../../src/tmux/client.ts';
import { queryServer } from '../../src/tmux/server-query.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { spawnBare } from '../support/rival-pollers.ts';
import { endFleet, startFleet } from '../support/tmux-fleet.ts';
import type { TmuxServer } from '../support/tmux-server.ts';
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
    if (cost) yield* rowsOfTick(`${count} ${count === 1 ? 'server' : 'servers'}`, cost, 2.0);
    if (cost) costs.set(count, cost);
    // What the first start compiles is kept for the others.
    if (count === 10) await wholeDaemon(folder, servers, [], 0);
    if (count === 10 || count === 200) yield* await wholeDaemon(folder, servers, []);
    if (count === 500) yield* await wholeDaemon(folder, servers, ['--no-watch']);
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
