import { isDeepStrictEqual } from 'node:util';
import type { BusAccess } from '../../bus/connection/credentials.ts';
import type { FleetObserver, FleetReading } from '../../bus/fleet.ts';
import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../core/fleet/fleet.ts';
import type { FleetEvent } from '../../core/fleet/fleet-log.ts';
import { countText } from '../../core/text.ts';
import type { HubMetrics } from '../../metrics/self/hub-metrics.ts';
import type { Log } from '../announcer.ts';
import { busClock } from '../bus-link.ts';
import { HUB_USER } from '../bus-login.ts';
import { BusOpening } from '../bus-opening.ts';
import type { Environment } from '../environment.ts';
import { ChangingFleet } from './changing-fleet.ts';

/** The part of the configuration that says how the fleet is read. */
type FleetConfig = Pick<Config, 'bus' | 'hub'>;

/** The parts that the reading of the fleet is joined from. */
export interface FleetLinkParts {
  readonly environment: Environment;
  readonly log: Log;
  readonly metrics: HubMetrics;
  /** Called with each event, once it is in the log of the fleet. See {@link FleetObserver.event} for `isNew`. */
  readonly onEvent: (event: FleetEvent, isNew: boolean) => void;
}

/** How the fleet is read: another one needs another reading. */
type Wishes = readonly [BusAccess, string, Config['hub']];

/** Joins the reading of the fleet from the bus to the metrics, the log and the feed. */
export class FleetLink {
  readonly #parts: FleetLinkParts;
  readonly #fleet = new ChangingFleet();
  #opening: BusOpening | null = null;
  #reading: FleetReading | null = null;
  #wishes: Wishes | null = null;

  constructor(parts: FleetLinkParts) {
    this.#parts = parts;
  }

  /** The fleet: the same object for as long as the hub runs. */
  get fleet(): Fleet {
    return this.#fleet;
  }

  /** Begins to read, and returns at once. */
  start(config: FleetConfig): void {
    const { environment, log, metrics } = this.#parts;
    metrics.follow(() => this.#fleet);
    this.#opening = new BusOpening({
      bus: config.bus,
      name: HUB_USER,
      environment,
      log,
      consequence: this.#reading === null ? 'nothing is read from the bus' : 'the bus is read as before',
      open: (access) => this.#read([access, config.bus.prefix, config.hub]),
    });
    this.#opening.start();
  }

  /** Reads as a new configuration says. The reading goes on if it and the files of the login say what they said before, or until the files can be read. */
  async change(config: FleetConfig): Promise<void> {
    await this.#opening?.stop();
    this.start(config);
  }

  async stop(): Promise<void> {
    await this.#opening?.stop();
    await this.#reading?.stop();
  }

  async #read(wishes: Wishes): Promise<void> {
    if (isDeepStrictEqual(wishes, this.#wishes)) return;
    const { startFleet } = await import('../../bus/fleet.ts');
    const [access, prefix, { history, silentAfterMs, forgetAfterMs }] = wishes;
    const former = this.#reading;
    const reading = startFleet({
      access,
      prefix,
      history,
      silentAfterMs,
      forgetAfterMs,
      observer: this.#observerOf(() => reading.fleet),
      clock: busClock,
      random: Math.random,
    });
    this.#reading = reading;
    this.#wishes = wishes;
    this.#fleet.become(reading.fleet);
    await former?.stop();
  }

  /** Shows a fleet that was read. Another one can have taken its place meanwhile. */
  #show(fleet: Fleet, durationMs: number): void {
    for (const event of this.#fleet.settle()) this.#tell(event, true);
    if (this.#fleet.shows(fleet)) this.#logReading(durationMs);
  }

  #tell(event: FleetEvent, isNew: boolean): void {
    if (isNew) this.#parts.metrics.read(event.type);
    this.#parts.onEvent(event, isNew);
  }

  #logReading(durationMs: number): void {
    const hosts = this.#fleet.hosts().length;
    const events = this.#fleet.log.after(0).length;
    const found = `${countText(hosts, 'host')} and ${countText(events, 'event')}`;
    this.#parts.log.info({ hosts, events }, `read the fleet: ${found}, in ${Math.round(durationMs)} ms`);
  }

  #observerOf(fleet: () => Fleet): FleetObserver {
    const { metrics, log } = this.#parts;
    const begunAt = busClock.uptime();
    return {
      // What comes before the fleet is shown is in its log then.
      event: (event, isNew) => this.#fleet.shows(fleet()) && this.#tell(event, isNew),
      read: () => this.#show(fleet(), busClock.uptime() - begunAt),
      remade: () => log.warn({}, 'the log of the fleet is another one: its stream was made anew, or has lost events'),
      rejected: metrics.rejected,
      duplicate: metrics.duplicate,
      reopened: metrics.reopened,
      report: (level, message) => log[level]({}, message),
    };
  }
}
