import { setTimeout as delay } from 'node:timers/promises';
import { Daemon, runBundle } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { cpuSeconds } from '../support/machine/process-cost.ts';
import { childrenOf } from '../support/machine/process-life.ts';
import { emptyOut, portraitOf } from '../support/tmux/portrait.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import { watched } from '../support/tmux/watched.ts';
import { comparedRow, median, plainRow, type Row } from './row.ts';

const SERVERS = 200;
const EMPTIED = 50;
const OBSERVED_MS = 30_000;

/** The cost of the death watches of 200 servers, and whether they are visible in the servers. */
export async function bench(): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const servers = await startFleet(folder, SERVERS, ['one', 'two']);
  const before = await Promise.all(servers.map(portraitOf));
  // One poll a day, so that only the watches are measured.
  const daemon = await Daemon.start({ run: runBundle, sockets: folder, schedule: '0 0 0 * * *' });
  await watched(daemon, ...servers);
  const cpuBefore = cpuSeconds(daemon.pid);
  await delay(OBSERVED_MS);
  const cpu = cpuSeconds(daemon.pid) - cpuBefore;
  const during = await Promise.all(servers.map(portraitOf));
  const rows = [
    plainRow(
      `${SERVERS} servers: those that show a difference while they are watched`,
      differing(before, during),
      '',
      0,
    ),
    plainRow('processes held for the watches', childrenOf(daemon.pid).length, '', 0),
    plainRow(
      `${SERVERS} watches: CPU of the daemon while they wait`,
      (cpu / (OBSERVED_MS / 1000)) * 100,
      '% of a core',
      null,
    ),
  ];
  const whileWatched: number[] = [];
  for (const server of servers.slice(0, EMPTIED)) whileWatched.push(await emptyOut(server));
  await daemon.stop();
  const unwatched: number[] = [];
  for (const server of servers.slice(EMPTIED, 2 * EMPTIED)) unwatched.push(await emptyOut(server));
  await endFleet(servers);
  await removeFolder(folder);
  const baseline = { name: 'without us', value: median(unwatched) };
  return [...rows, comparedRow('an emptied server ends after, median', median(whileWatched), 'ms', baseline, null)];
}

function differing(before: readonly string[], during: readonly string[]): number {
  return before.filter((portrait, index) => portrait !== during[index]).length;
}
