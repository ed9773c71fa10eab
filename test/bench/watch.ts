import { setTimeout as delay } from 'node:timers/promises';
import { Daemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { emptyOut, portraitOf } from '../support/portrait.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { cpuSeconds, proportionalBytes, residentBytes } from '../support/process-cost.ts';
import { endFleet, startFleet } from '../support/tmux-fleet.ts';
import { watchPidsOf } from '../support/watched.ts';
import { comparedRow, median, plainRow, type Row } from './row.ts';

const SERVERS = 200;
const EMPTIED = 50;
const OBSERVED_MS = 30_000;

/** What the death watches of 200 servers cost, and that nobody notices them. */
export async function bench(): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const servers = await startFleet(folder, SERVERS, ['one', 'two']);
  const before = await Promise.all(servers.map(portraitOf));
  // One poll a day: what is measured is the waiting.
  const daemon = await Daemon.start({ sockets: folder, schedule: '0 0 0 * * *' });
  await eventually('a watch on each', () => watchPidsOf(daemon.pid).length === SERVERS, 30_000);
  const watches = watchPidsOf(daemon.pid);
  const cpuBefore = sum(watches.map((pid) => cpuSeconds(pid)));
  await delay(OBSERVED_MS);
  const cpu = sum(watches.map((pid) => cpuSeconds(pid))) - cpuBefore;
  const during = await Promise.all(servers.map(portraitOf));
  const rows = [
    plainRow(`${SERVERS} servers: those that look different while they are watched`, differing(before, during), '', 0),
    plainRow('one watch: PSS', sum(watches.map(proportionalBytes)) / SERVERS / 2 ** 20, 'MiB', null),
    plainRow('one watch: RSS', sum(watches.map(residentBytes)) / SERVERS / 2 ** 20, 'MiB', null),
    plainRow(`${SERVERS} watches: CPU while they wait`, (cpu / (OBSERVED_MS / 1000)) * 100, '% of a core', null),
  ];
  const watched: number[] = [];
  for (const server of servers.slice(0, EMPTIED)) watched.push(await emptyOut(server));
  await daemon.stop();
  const unwatched: number[] = [];
  for (const server of servers.slice(EMPTIED, 2 * EMPTIED)) unwatched.push(await emptyOut(server));
  await endFleet(servers);
  await removeFolder(folder);
  const baseline = { name: 'without us', value: median(unwatched) };
  return [...rows, comparedRow('an emptied server ends after, median', median(watched), 'ms', baseline, null)];
}

function differing(before: readonly string[], during: readonly string[]): number {
  return before.filter((portrait, index) => portrait !== during[index]).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
