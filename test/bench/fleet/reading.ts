import { filledBus } from '../../support/fleet/filled-bus.ts';
import { FleetListener } from '../../support/fleet/fleet-listener.ts';
import { readStream } from '../../support/fleet/stream-audit.ts';
import { eventually } from '../../support/machine/eventually.ts';
import type { NatsServer } from '../../support/world/nats.ts';
import { comparedRow, median, plainRow, type Row } from '../row.ts';

const HOSTS = 1_000;
const EVENTS = 100_000;
const ROUNDS = 3;

/** How fast a hub reads what the bus holds at its start. */
export async function readingRows(): Promise<Row[]> {
  const nats = await filledBus(HOSTS, EVENTS);
  try {
    const [reads, bares]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      bares.push(await timed(() => nats.asOperator(readStream)));
      reads.push(await timed(() => readOnce(nats)));
    }
    const bare = { name: 'a bare consumer that counts them', value: median(bares) };
    return [
      comparedRow(
        `replay of ${EVENTS.toLocaleString('en')} events at the start of a hub`,
        median(reads),
        'ms',
        bare,
        2,
      ),
      ...(await hostRows()),
    ];
  } finally {
    await nats.cleanup();
  }
}

async function hostRows(): Promise<Row[]> {
  const nats = await filledBus(HOSTS, 0);
  try {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) times.push(await timed(() => readOnce(nats)));
    return [
      plainRow(
        `${HOSTS.toLocaleString('en')} reports of hosts read at the start of a hub, connecting included`,
        median(times),
        'ms',
        500,
      ),
    ];
  } finally {
    await nats.cleanup();
  }
}

async function readOnce(nats: NatsServer): Promise<void> {
  const login = { kind: 'password', username: 'op', password: 'op' } as const;
  const access = { servers: [`127.0.0.1:${nats.port}`], login, tls: null, name: 'hub', inboxPrefix: '_INBOX_hub' };
  const listener = new FleetListener(access, Math.random, EVENTS);
  await eventually('the bus was read', () => listener.reading.fleet.source.hasRead, 60_000);
  await listener.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begunAt = performance.now();
  await work();
  return performance.now() - begunAt;
}
