import { eventually } from '../machine/eventually.ts';
import { FleetFollower } from './fleet-follower.ts';
import { type FleetJudgement, judgeFollower } from './fleet-judge.ts';
import { FleetListener } from './fleet-listener.ts';
import { CLIENT_TROUBLES, LONG_TROUBLE, NODE_TROUBLES, type Trouble, type TroubleTimes } from './fleet-troubles.ts';
import { type FleetSize, FleetWorld } from './fleet-world.ts';
import type { SimulatedHost } from './simulated-host.ts';
import type { StoredEvent } from './stream-audit.ts';
import { keyOf, type Truth } from './truth.ts';

/** Silence after which a follower takes its stream for dead. */
const SILENCE_MS = 5_000;

/** How a storm over a fleet blows. */
export interface FleetStormOptions extends FleetSize {
  readonly times: TroubleTimes;
  /**
   * Names of {@link NODE_TROUBLES} and {@link CLIENT_TROUBLES}; all by default. They come in an order that the seed
   * decides: those of the nodes one after the other, a partition last and with it those of the clients.
   */
  readonly troubles?: readonly string[];
  /** Gets what happens, as it does. */
  readonly onStep?: (text: string) => void;
}

/** A trouble, and what it did to the fleet. */
export interface TroubleReport {
  readonly name: string;
  readonly seconds: number;
  /** The longest time without an acknowledgement, of any simulated host. */
  readonly silentSeconds: number;
}

/** The result of a storm. */
export interface FleetStormReport {
  readonly seed: number;
  /** From the start of the first node until all was heard, in seconds. */
  readonly seconds: number;
  readonly troubles: readonly TroubleReport[];
  readonly events: number;
  readonly deaths: number;
  /** Events that publishers put back. */
  readonly healed: number;
  /** Of each follower. */
  readonly judgements: readonly FleetJudgement[];
  /** Events that the stream holds twice, or in another order than their host. */
  readonly misstored: readonly string[];
  /** Events that no copy of the stream holds that was read. Nobody could hear them. */
  readonly unstored: readonly string[];
  /** Servers that were killed, and of whose death their exporter has no event. */
  readonly untold: readonly number[];
  /** Why followers read through a new consumer. */
  readonly reopened: readonly string[];
}

/** Lets every trouble happen to a fleet, and compares what was heard with the truth. */
export async function fleetStorm(options: FleetStormOptions): Promise<FleetStormReport> {
  const { seed, onStep = () => {} } = options;
  const startedAt = performance.now();
  const world = await FleetWorld.start(options);
  try {
    const access = await world.cluster.accessOf('hub');
    const listeners = [1, 2].map(() => new FleetListener(access, world.random));
    const followers = followersOf(world);
    world.ears.push(...listeners, ...followers);
    await eventually('all listen', () => listeners.every(({ reading }) => reading.fleet.source.hasRead));
    await eventually('all follow', () => followers.every(({ isOpen }) => isOpen));
    world.begin();
    const troubles: TroubleReport[] = [];
    const happen = async (name: string, trouble: Trouble) => {
      const begunAt = performance.now();
      await trouble(world, options.times);
      await nextAck(world);
      const report = reportOf(world, name, begunAt);
      for (const text of world.unheard.splice(0)) onStep(text);
      onStep(
        `${name}: ${report.seconds.toFixed(1)} s, ${report.silentSeconds.toFixed(1)} s without an acknowledgement`,
      );
      troubles.push(report);
    };
    for (const name of options.troubles ?? [])
      if (!(name in NODE_TROUBLES || name in CLIENT_TROUBLES)) throw new Error(`no such trouble: ${name}`);
    const chosen = (all: Readonly<Record<string, Trouble>>) =>
      shuffled(Object.entries(all), world.random).filter(([name]) => options.troubles?.includes(name) ?? true);
    const clients = chosen(CLIENT_TROUBLES);
    const nodes = chosen(NODE_TROUBLES);
    for (const [name, trouble] of nodes.toSorted(
      ([a], [b]) => Number(a === LONG_TROUBLE) - Number(b === LONG_TROUBLE),
    )) {
      const meanwhile = name === LONG_TROUBLE ? clients.splice(0) : [];
      await Promise.all([happen(name, trouble), inTurn(meanwhile, happen)]);
    }
    await inTurn(clients, happen);
    await world.end();
    const untold = (await Promise.all(world.exporters.map((exporter) => exporter.confess(world.truth)))).flat();
    await world.allHeard();
    for (const text of world.unheard.splice(0)) onStep(`at the end: ${text}`);
    const seconds = (performance.now() - startedAt) / 1_000;
    const stored = await world.readStream();
    const everStored = [...world.storedBefore, ...stored];
    addHealedOfExporters(world, everStored);
    return {
      seed,
      seconds,
      troubles,
      events: world.truth.size,
      deaths: world.truth.deaths,
      healed: world.hosts.reduce((sum, { results }) => sum + (results.get('healed') ?? 0), 0),
      judgements: world.ears.map(({ receptions }) => judgeFollower(world.truth, receptions)),
      misstored: misstored(world.truth, stored),
      unstored: unstored(world.truth, everStored),
      untold,
      reopened: listeners.flatMap(({ reopened }) => reopened),
    };
  } finally {
    await world.cleanup();
  }
}

/** One that begins at each hub, and goes to the next when it has to. */
function followersOf({ hubs }: FleetWorld): FleetFollower[] {
  const urls = hubs.map(({ url }) => url);
  return urls.map(
    (_, first) => new FleetFollower({ urls: [...urls.slice(first), ...urls.slice(0, first)], silenceMs: SILENCE_MS }),
  );
}

/** Waits until an event is acknowledged that was published after now. */
async function nextAck({ hosts, truth }: FleetWorld): Promise<void> {
  const [acks, events] = [acksOf(hosts).length, truth.size];
  if (hosts.length === 0) return;
  await eventually('an event is acknowledged', () => truth.size > events && acksOf(hosts).length > acks, 60_000);
}

function reportOf({ hosts }: FleetWorld, name: string, begunAt: number): TroubleReport {
  const times = acksOf(hosts).filter((at) => at >= begunAt);
  const gaps = times.map((at, index) => at - (times[index - 1] ?? begunAt));
  const seconds = (performance.now() - begunAt) / 1_000;
  return { name, seconds, silentSeconds: Math.max(0, ...gaps) / 1_000 };
}

function acksOf(hosts: readonly SimulatedHost[]): number[] {
  return hosts.flatMap(({ acks }) => acks.map(({ at }) => at)).sort((a, b) => a - b);
}

/** Real exporters do not say which events they put back: those that were heard before the bus stored them. */
function addHealedOfExporters({ exporters, ears, truth }: FleetWorld, stored: readonly StoredEvent[]): void {
  const names = new Set(exporters.map(({ name }) => name));
  const times = new Set<string>();
  const heardAt = new Map<string, number>();
  for (const reception of ears.flatMap(({ receptions }) => receptions)) {
    if (reception.kind !== 'event') continue;
    const key = keyOf(reception.name, reception.id);
    heardAt.set(key, Math.min(reception.at, heardAt.get(key) ?? Number.POSITIVE_INFINITY));
  }
  for (const { name, id, at } of stored) {
    const heard = heardAt.get(keyOf(name, id));
    const time = `${keyOf(name, id)} ${at}`;
    if (times.has(time)) continue;
    times.add(time);
    if (names.has(name) && heard !== undefined && at > performance.timeOrigin + heard) truth.addHealed(name, id);
  }
}

function misstored(truth: Truth, stored: readonly StoredEvent[]): string[] {
  const last = new Map<string, number>();
  const places = new Map(truth.names.map((name) => [name, truth.of(name).map(({ id }) => id)]));
  return stored.flatMap(({ name, id }) => {
    const place = places.get(name)?.indexOf(id) ?? -1;
    // What a real exporter stored before the storm.
    if (place === -1 && !last.has(name)) return [];
    const isWrong = place <= (last.get(name) ?? -1);
    last.set(name, place);
    return isWrong ? [keyOf(name, id)] : [];
  });
}

function unstored(truth: Truth, stored: readonly StoredEvent[]): string[] {
  const held = new Set(stored.map(({ name, id }) => keyOf(name, id)));
  const keys = truth.names.flatMap((name) => truth.of(name).map(({ id }) => keyOf(name, id)));
  return keys.filter((key) => !held.has(key));
}

async function inTurn(
  troubles: readonly (readonly [string, Trouble])[],
  happen: (name: string, trouble: Trouble) => Promise<void>,
): Promise<void> {
  for (const [name, trouble] of troubles) await happen(name, trouble);
}

function shuffled<T>(things: readonly T[], random: () => number): T[] {
  return things
    .map((thing) => ({ thing, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ thing }) => thing);
}
