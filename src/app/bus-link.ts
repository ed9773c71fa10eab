import type { Bus, BusOptions } from '../bus/bus.ts';
import type { BusClock } from '../bus/bus-clock.ts';
import type { Config } from '../config/schema.ts';
import { fleetNameOf } from '../core/fleet/fleet-name.ts';
import type { Registry } from '../core/registry/registry.ts';
import type { SelfMetrics } from '../metrics/self/self-metrics.ts';
import type { Log } from './announcer.ts';
import { BusOpening } from './bus-opening.ts';
import type { Environment } from './environment.ts';
import type { OpenJournal } from './storage.ts';
import { systemClock } from './system-clock.ts';

/** The parts that the bus is joined from. */
export interface BusLinkParts {
  readonly config: Pick<Config, 'bus' | 'fleet'>;
  readonly environment: Environment;
  readonly storage: OpenJournal;
  readonly registry: Registry;
  readonly self: SelfMetrics;
  readonly log: Log;
}

/** Joins the bus to the store, the fleet, the metrics and the log. Without a bus in the configuration, nothing of it is loaded. */
export class BusLink {
  readonly #parts: BusLinkParts;
  #bus: Bus | null = null;
  readonly #opening: BusOpening;

  constructor(parts: BusLinkParts) {
    this.#parts = parts;
    const { config, environment, log } = parts;
    this.#opening = new BusOpening({
      bus: config.bus,
      name: this.name,
      environment,
      log,
      consequence: 'nothing is published to the bus',
      open: async (access) => {
        const { startBus } = await import('../bus/bus.ts');
        this.#bus = startBus(this.#optionsFor(access));
      },
    });
  }

  /** The name in the fleet. */
  get name(): string {
    const { config, environment } = this.#parts;
    return fleetNameOf(config.fleet.name, environment.hostname);
  }

  /** Begins to connect, and returns at once. */
  start(): void {
    const { config, self } = this.#parts;
    if (config.bus.servers.length === 0) self.bus.drop();
    else {
      this.#mark();
      self.bus.follow(() => this.#state());
      this.#opening.start();
    }
  }

  /** Marks where publishing begins if it never did: what happens until the bus can be opened is published, too. */
  #mark(): void {
    const { journal, busMarks } = this.#parts.storage;
    if (busMarks.mark === null) busMarks.keep({ epoch: journal.epoch, acked: journal.head, sequence: 0, place: null });
  }

  /** An event was stored. */
  onEvent(): void {
    this.#bus?.onEvent();
  }

  /** Ends. `departs` says that the exporter leaves the fleet. */
  async stop(departs: boolean): Promise<void> {
    await this.#opening.stop();
    await this.#bus?.stop(departs);
  }

  #optionsFor(access: BusOptions['access']): BusOptions {
    const { config, environment, storage, registry, self, log } = this.#parts;
    return {
      access,
      prefix: config.bus.prefix,
      heartbeatMs: config.bus.heartbeatMs,
      name: this.name,
      host: environment.hostname,
      version: environment.version,
      advertise: config.fleet.advertise,
      history: storage.journal,
      renew: storage.renew,
      isStored: storage.isStored,
      marks: storage.busMarks,
      records: () => registry.list(),
      observer: {
        published: (result, events) => self.bus.published(result, events),
        refused: (reason) => self.bus.refused(reason),
        stored: (durationMs) => self.bus.stored(durationMs),
        report: (level, message) => log[level]({}, message),
      },
      clock: busClock,
      random: Math.random,
    };
  }

  #state() {
    const { events = 0, oldest = null } = this.#bus?.outbox ?? {};
    const oldestSeconds = oldest === null ? 0 : Math.max(0, (systemClock.now() - Date.parse(oldest)) / 1_000);
    return { isUp: this.#bus?.isUp ?? false, waiting: events, oldestSeconds };
  }
}

/** Whether an exporter leaves the fleet by a change of its configuration: the next one has no bus, or another name. */
export function leavesFleet(former: BusLinkParts['config'], next: BusLinkParts['config']): boolean {
  return (
    next.bus.servers.length === 0 || former.fleet.name !== next.fleet.name || former.bus.prefix !== next.bus.prefix
  );
}

/** The clocks of the machine, with timers. */
export const busClock: BusClock = { ...systemClock, after };

function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
