import { setTimeout as delay } from 'node:timers/promises';
import { EVENT_STREAM } from '../../../src/bus/stream/streams.ts';
import { FleetFollower } from '../../support/fleet/fleet-follower.ts';
import { FleetWorld } from '../../support/fleet/fleet-world.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { plainRow, type Row } from '../row.ts';

const ROUNDS = 3;
/** Before and after each loss, in milliseconds. */
const CALM_MS = 5_000;
/** How long a node is lost. */
const LOST_MS = 30_000;
/** The time for a node to be well again. */
const WELL_MS = 120_000;

/** How long nothing is acknowledged to any host, and a follower of a hub hears nothing, after the leader was killed. The worst of all rounds. */
export async function lostNodeRows(): Promise<Row[]> {
  const size = { seed: 1, exporters: 0, servers: 0, eventsPerSecond: 30, proxied: false };
  const world = await FleetWorld.start({ ...size, simulated: 20, hubs: 1 });
  try {
    const follower = new FleetFollower({ urls: world.hubs.map(({ url }) => url), silenceMs: 20_000 });
    world.ears.push(follower);
    await eventually('the follower has a stream', () => follower.isOpen);
    world.begin();
    const silences: Silence[] = [];
    for (let round = 0; round < ROUNDS; round++) silences.push(await silenceOf(world, follower));
    await world.end();
    const unacknowledged = Math.max(...silences.map(({ acks }) => acks));
    const later = Math.max(...silences.map(({ acks, events }) => events - acks));
    return [
      plainRow('the leader is killed: no host gets an acknowledgement for', unacknowledged / 1_000, 's', 15),
      plainRow('the leader is killed: a follower of a hub hears nothing, longer by', later / 1_000, 's', 6),
    ];
  } finally {
    await world.cleanup();
  }
}

/** The longest pauses of one round, in milliseconds. */
interface Silence {
  readonly acks: number;
  readonly events: number;
}

/** Kills the leader, and starts it again later. */
async function silenceOf({ cluster, hosts }: FleetWorld, follower: FleetFollower): Promise<Silence> {
  await delay(CALM_MS);
  const leader = await cluster.leader(EVENT_STREAM);
  const from = performance.now();
  await leader.kill();
  await delay(LOST_MS);
  const to = performance.now();
  await leader.start();
  await cluster.ready(WELL_MS);
  const acks = hosts.flatMap((host) => host.acks.map(({ at }) => at));
  return { acks: longestPause(acks, from, to), events: longestPause(timesOf(follower), from, to) };
}

function timesOf({ receptions }: FleetFollower): number[] {
  return receptions.filter(({ kind }) => kind === 'event').map(({ at }) => at);
}

function longestPause(times: readonly number[], from: number, to: number): number {
  const within = [from, ...times.filter((at) => at > from && at < to).toSorted((a, b) => a - b), to];
  return Math.max(...within.slice(1).map((at, index) => at - (within[index] ?? from)));
}
