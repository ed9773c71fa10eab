import { setTimeout as delay } from 'node:timers/promises';
import { FleetFollower } from '../../support/fleet/fleet-follower.ts';
import { judgeFollower } from '../../support/fleet/fleet-judge.ts';
import { FleetWorld } from '../../support/fleet/fleet-world.ts';
import { keyOf, type Truth } from '../../support/fleet/truth.ts';
import { cpuSeconds, residentBytes } from '../../support/machine/process-cost.ts';
import { plainRow, type Row } from '../row.ts';

const MIB = 2 ** 20;
/** The most that the memory of a process may grow without a leak, in eight minutes. */
const GROWTH_MIB = 30;

/** A hub and three nodes with 1,000 simulated hosts and 100 events per second, for ten minutes. `FLEET_HOSTS` and `FLEET_SECONDS` set how many, and how long. */
export async function hostsRows(): Promise<Row[]> {
  const { env } = process;
  const hosts = Number(env['FLEET_HOSTS'] ?? 1_000);
  const seconds = Number(env['FLEET_SECONDS'] ?? 600);
  const size = { seed: 1, exporters: 0, servers: 0, hubs: 1, eventsPerSecond: 100, proxied: false };
  const world = await FleetWorld.start({ ...size, simulated: hosts });
  try {
    const [hub] = world.hubs;
    if (!hub) throw new Error('expected a hub');
    world.begin();
    // Without a follower.
    await delay(seconds * 100);
    const cpu = cpuSeconds(hub.pid);
    await delay(seconds * 100);
    const percent = ((cpuSeconds(hub.pid) - cpu) / (seconds / 10)) * 100;
    const first = memoryOf(world, hub.pid);
    const follower = new FleetFollower({ urls: [hub.url], silenceMs: 20_000 });
    world.ears.push(follower);
    await delay(seconds * 400);
    const middle = memoryOf(world, hub.pid);
    await delay(seconds * 400);
    const last = memoryOf(world, hub.pid);
    await world.end();
    const latencies = latenciesOf(world.truth, follower);
    const name = `${hosts.toLocaleString('en')} hosts, 100 events/s`;
    const from = follower.receptions.find(({ kind }) => kind === 'event')?.at ?? 0;
    const { twice, disorder } = judgeFollower(world.truth, follower.receptions);
    return [
      plainRow(`${name}: hub without a follower, CPU`, percent, '% of a core', 5),
      plainRow(`${name}: from the store of a host to a follower of the hub, p50`, at(latencies, 0.5), 'ms', 10),
      plainRow(`${name}: from the store of a host to a follower of the hub, p99`, at(latencies, 0.99), 'ms', 60),
      plainRow(`${name}: events missed by the follower`, missedSince(world.truth, follower, from), '', 0),
      plainRow(`${name}: events heard twice or in disorder`, twice.length + disorder.length, '', 0),
      plainRow(`${name}: RSS of the hub at the end`, last.hub / MIB, 'MiB', null),
      plainRow(
        `${name}: RSS of the hub, growth in ${seconds * 0.8} s, events that it keeps left out`,
        growth(first, last, seconds),
        'MiB',
        GROWTH_MIB,
      ),
      plainRow(`${name}: RSS of the largest node at the end`, last.node / MIB, 'MiB', null),
      plainRow(
        `${name}: RSS of the largest node, growth in the first ${seconds * 0.4} s of them`,
        (middle.node - first.node) / MIB,
        'MiB',
        null,
      ),
      // The heap of a node grows until the messages that it keeps at hand are as many as ever: what a leak adds, it adds later, too.
      plainRow(
        `${name}: RSS of the largest node, growth in the last ${seconds * 0.4} s of them`,
        (last.node - middle.node) / MIB,
        'MiB',
        GROWTH_MIB / 2,
      ),
    ];
  } finally {
    await world.cleanup();
  }
}

interface Memory {
  readonly hub: number;
  /** Of the largest. */
  readonly node: number;
}

function memoryOf({ cluster }: FleetWorld, pid: number): Memory {
  return { hub: residentBytes(pid), node: Math.max(...cluster.nodes.map((node) => residentBytes(node.pid))) };
}

/** In MiB. An event may take 1.2 kB, and 50,000 are kept. */
function growth(first: Memory, last: Memory, seconds: number): number {
  return (last.hub - first.hub - 1_200 * Math.min(50_000, seconds * 80)) / MIB;
}

function latenciesOf(truth: Truth, { receptions }: FleetFollower): number[] {
  const stored = new Map(truth.names.flatMap((name) => truth.of(name).map(({ id, at }) => [keyOf(name, id), at])));
  return receptions
    .flatMap((reception) =>
      reception.kind === 'event' ? [reception.at - (stored.get(keyOf(reception.name, reception.id)) ?? 0)] : [],
    )
    .sort((a, b) => a - b);
}

/** Events that were stored after `from` and did not come. */
function missedSince(truth: Truth, follower: FleetFollower, from: number): number {
  return truth.names.flatMap((name) => truth.of(name).filter(({ id, at }) => at > from && !follower.hasHeard(name, id)))
    .length;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
