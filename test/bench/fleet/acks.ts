import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { eventSubject } from '../../../src/bus/stream/subjects.ts';
import { FleetWorld } from '../../support/fleet/fleet-world.ts';
import { comparedRow, median, plainRow, type Row } from '../row.ts';

const SECONDS = 20;
const WRITES = 300;

/** A user of the bus that is no exporter. */
const BARE = 'bare';
const BARE_PAUSE_MS = 100;

/** How long the acknowledgement of an event takes that three nodes have synchronized, compared with the disk, and with a bare request of the client. */
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
    await world.cluster.allow([...world.hosts.map(({ name }) => name), BARE]);
    world.begin();
    const bare = await world.cluster.as(BARE, bareMs);
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
      comparedRow(
        'acknowledgement, replicas 3, p50',
        median(times),
        'ms',
        { name: 'bare requests of the client at the same time, p50', value: median(bare) },
        1.5,
      ),
      plainRow('acknowledgement, replicas 3, p99', times[Math.floor(times.length * 0.99)] ?? Number.NaN, 'ms', null),
    ];
  } finally {
    await world.cleanup();
  }
}

/** Times from a publish to its acknowledgement, without a publisher of ours. */
async function bareMs(connection: NatsConnection): Promise<number[]> {
  const times: number[] = [];
  const subject = eventSubject('tmux', BARE, 'server-up');
  const end = performance.now() + SECONDS * 1_000;
  while (performance.now() < end) {
    const sent = headers();
    sent.set('Nats-Msg-Id', `${BARE}:e-${times.length + 1}`);
    const begunAt = performance.now();
    await connection.request(subject, JSON.stringify({ bare: 'x'.repeat(600) }), { headers: sent, timeout: 5_000 });
    times.push(performance.now() - begunAt);
    await delay(BARE_PAUSE_MS);
  }
  return times;
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
