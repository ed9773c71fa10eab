import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import { Lane } from '../../../src/core/lane.ts';
import type { runCli } from '../daemon/daemon.ts';
import { eventually } from '../machine/eventually.ts';
import { seededRandom } from '../sample/random.ts';
import { NatsCluster } from '../world/nats-cluster.ts';
import { FleetExporter } from './fleet-exporter.ts';
import type { Ear } from './fleet-listener.ts';
import { HubProcess } from './hub-process.ts';
import { oneOf } from './random-events.ts';
import { SimulatedHost } from './simulated-host.ts';
import { readStream, type StoredEvent } from './stream-audit.ts';
import { Truth } from './truth.ts';

/** How large a fleet is, and how much happens in it. */
export interface FleetSize {
  readonly seed: number;
  readonly simulated: number;
  readonly exporters: number;
  /** Tmux servers of each exporter. */
  readonly servers: number;
  /** Processes of `tmux-exporter hub`. */
  readonly hubs: number;
  /** Runs the command line in another way than from the sources. */
  readonly run?: typeof runCli;
  /** Events of all simulated hosts together. */
  readonly eventsPerSecond: number;
  /** Whether nodes can be cut off; true by default. */
  readonly proxied?: boolean;
}

/** Simulated hosts that connect at the same time. */
const HANDSHAKES = 50;
/** Processes that start at the same time. */
const STARTS = 4;
/** The time for all events to arrive after a storm. */
const CALM_MS = 90_000;
/** Pause between the deaths of real servers. */
const DEATH_MS = 1_500;

/** A cluster of three nodes, with simulated hosts and real exporters to which something happens all the time. */
export class FleetWorld {
  readonly truth = new Truth();
  readonly random: () => number;
  readonly cluster: NatsCluster;
  readonly hosts: SimulatedHost[] = [];
  readonly exporters: FleetExporter[] = [];
  readonly hubs: HubProcess[] = [];
  /** All that hears of the fleet. */
  readonly ears: Ear[] = [];
  /** What was not heard in time, whenever that was asked. */
  readonly unheard: string[] = [];
  /** What the stream held before something threw it away. */
  readonly storedBefore: StoredEvent[] = [];
  readonly #size: FleetSize;
  #isQuiet = false;
  #isOver = false;
  #lives: Promise<unknown> = Promise.resolve();

  private constructor(size: FleetSize, cluster: NatsCluster) {
    this.#size = size;
    this.cluster = cluster;
    this.random = seededRandom(size.seed);
  }

  /** Starts the cluster, the hosts and the exporters. Nothing happens yet. */
  static async start(size: FleetSize): Promise<FleetWorld> {
    const simulated = Array.from({ length: size.simulated }, (_, number) => `sim${number}`);
    const real = Array.from({ length: size.exporters }, (_, number) => `real${number}`);
    const cluster = await NatsCluster.start({ hosts: [...simulated, ...real], proxied: size.proxied ?? true });
    const world = new FleetWorld(size, cluster);
    try {
      await cluster.makeStreams();
      for (const name of simulated) {
        await world.#addSimulated(name);
        // They share one processor: if all shook hands at once, none would be in time.
        if (world.hosts.length % HANDSHAKES === 0) await world.#areConnected();
      }
      await together(real, (name) => world.#addExporter(name));
      world.exporters.sort((a, b) => real.indexOf(a.name) - real.indexOf(b.name));
      await world.#areConnected();
      await together(Array.from({ length: size.hubs }), () => world.#addHub());
    } catch (error) {
      await world.cleanup();
      throw error;
    }
    return world;
  }

  /** Lets things happen from now on. */
  begin(): void {
    this.#lives = Promise.all([this.#emit(), this.#crash()]);
  }

  /** Stops what happens, runs `work` once all that happened was heard, and lets it go on. */
  async inQuiet(work: () => Promise<unknown>): Promise<void> {
    this.#isQuiet = true;
    try {
      await this.allHeard();
      this.storedBefore.push(...(await this.readStream()));
      await work();
    } finally {
      this.#isQuiet = false;
    }
  }

  /** Waits until every event of the simulated hosts was heard by all ears. */
  async allHeard(withinMs = CALM_MS / 3): Promise<void> {
    await eventually('all is published', () => this.hosts.every(({ waiting }) => waiting === 0), CALM_MS);
    const isHeard = () =>
      this.truth.names.every((name) =>
        this.truth.of(name).every(({ id }) => this.ears.every((ear) => ear.hasHeard(name, id))),
      );
    // What never comes is for the judge to say.
    await eventually('all is heard', isHeard, withinMs).catch(() => this.#noteUnheard());
  }

  #noteUnheard(): void {
    const count = (ear: Ear) =>
      this.truth.names.flatMap((name) =>
        this.truth
          .of(name)
          .filter(({ id }) => !ear.hasHeard(name, id))
          .map(({ id }) => `${name}:${id}`),
      );
    this.unheard.push(
      ...this.ears.map(
        (ear, index) => `follower ${index} has not heard ${count(ear).length}: ${count(ear).slice(0, 5).join(' ')}`,
      ),
    );
  }

  /** Ends what happens. Resolves when all was published and, if it ever is, heard. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#lives;
    for (const exporter of this.exporters)
      await eventually(`all of ${exporter.name} is published`, () => exporter.hasPublished(), CALM_MS);
    // A node that was cut off may be catching up.
    await this.allHeard(CALM_MS);
  }

  /** Changes the streams with the key of the operator. */
  manage<T>(work: (streams: JetStreamManager['streams']) => Promise<T>): Promise<T> {
    return this.cluster.asOperator(async (connection) => work((await jetstreamManager(connection)).streams));
  }

  /** All events that the stream holds, in order. */
  readStream(): Promise<StoredEvent[]> {
    return this.cluster.asOperator(readStream);
  }

  async cleanup(): Promise<void> {
    this.#isOver = true;
    await this.#lives.catch(() => {});
    await Promise.all(this.ears.map((ear) => ear.close()));
    await Promise.all(this.hosts.map((host) => host.end()));
    await Promise.all([...this.exporters, ...this.hubs].map((process) => process.cleanup()));
    await this.cluster.cleanup();
  }

  #areConnected(): Promise<void> {
    return eventually('all are connected', () => this.hosts.every(({ isUp }) => isUp), 60_000);
  }

  async #addSimulated(name: string): Promise<void> {
    const { truth } = this;
    const random = seededRandom(this.#size.seed + this.hosts.length);
    this.hosts.push(new SimulatedHost({ name, access: await this.cluster.accessOf(name), truth, random }));
  }

  async #addExporter(name: string): Promise<void> {
    const { servers, run } = this.#size;
    const env = await this.cluster.environmentOf(name);
    this.exporters.push(await FleetExporter.start({ name, servers, env, ...(run && { run }) }));
  }

  async #addHub(): Promise<void> {
    // Without the name, which is that of an exporter.
    const { TMUX_EXPORTER_FLEET_NAME: _, ...env } = await this.cluster.environmentOf('hub');
    const { run } = this.#size;
    this.hubs.push(await HubProcess.start({ env, flags: ['--feed.heartbeat=1s'], ...(run && { run }) }));
  }

  async #emit(): Promise<void> {
    const { eventsPerSecond } = this.#size;
    while (!this.#isOver && this.hosts.length > 0) {
      await delay((-Math.log(1 - this.random()) / eventsPerSecond) * 1_000);
      if (!this.#isQuiet) oneOf(this.hosts, this.random).emit();
    }
  }

  async #crash(): Promise<void> {
    const random = seededRandom(this.#size.seed - 1);
    while (!this.#isOver && this.exporters.length > 0) {
      await delay(DEATH_MS);
      if (!this.#isQuiet) await oneOf(this.exporters, random).crash(random);
    }
  }
}

/** Starts processes, a few at a time. Waits for all also if one fails, so that each can be ended. */
async function together<T>(things: readonly T[], start: (thing: T) => Promise<void>): Promise<void> {
  const lane = new Lane(STARTS);
  const results = await Promise.allSettled(things.map((thing) => lane.run(() => start(thing))));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
