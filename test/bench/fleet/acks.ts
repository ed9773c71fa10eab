import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FleetWorld } from '../../support/fleet/fleet-world.ts';
import { comparedRow, median, plainRow, type Row } from '../row.ts';

const SECONDS = 20;
const WRITES = 300;

/** How long the acknowledgement of an event takes that three nodes have synchronized, compared with the disk; and how long there is none if a node is lost. */
export async function ackRows(): Promise<Row[]> {
  const world = await FleetWorld.start({
    seed: 1,
    simulated: 20,
    exporters: 0,
    servers: 0,
    hubs: 0,
    eventsPerSecond: 30,
  });
  try {
    const before = syncMs(world.cluster.folder);
    world.begin();
    await delay(SECONDS * 1_000);
    const times = world.hosts.flatMap(({ acks }) => acks.map(({ ms }) => ms)).toSorted((a, b) => a - b);
    await world.end();
    const sync = median([...before, ...syncMs(world.cluster.folder)]);
    return [
      comparedRow(
        'acknowledgement, replicas 3, p50',
        median(times),
        'ms',
        { name: 'fdatasync of the disk, p50', value: sync },
        12,
      ),
      plainRow('acknowledgement, replicas 3, p99', times[Math.floor(times.length * 0.99)] ?? Number.NaN, 'ms', null),
    ];
  } finally {
    await world.cleanup();
  }
}

/** Times of synchronizing a kilobyte that was appended to a file. */
function syncMs(folder: string): number[] {
  const file = openSync(join(folder, 'sync'), 'a');
  const bytes = Buffer.alloc(1_024, 1);
  const times = Array.from({ length: WRITES }, () => {
    const begunAt = performance.now();
    writeSync(file, bytes);
    fdatasyncSync(file);
    return performance.now() - begunAt;
  });
  closeSync(file);
  return times;
}
