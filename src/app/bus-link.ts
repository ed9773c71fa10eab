import type { Bus, BusOptions } from '../bus/bus.ts';
import type { BusClock } from '../bus/bus-clock.ts';
import type { Config } from '../config/schema.ts';
import { fleetNameOf } from '../core/fleet/fleet-name.ts';
import type { Registry } from '../core/registry/registry.ts';
import type { SelfMetrics } from '../metrics/self/self-metrics.ts';
import type { Log } from './announcer.ts';
import { readBusAccess } from './bus-login.ts';
import type { Environment } from './environment.ts';
import type { OpenJournal } from './storage.ts';
import { systemClock } from './system-clock.ts';

/** How often files that cannot be used are read again. */
const RETRY_MS = 30_000;

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
  #problem: string | null = null;
  #retry: NodeJS.Timeout | null = null;
  #opening: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: BusLinkParts) {
    this.#parts = parts;
  }

  /** The name in the fleet. */
  get name(): string {
    const { config, environment } = this.#parts;
    return config.fleet.name ?? fleetNameOf(environment.hostname);
  }

  /** Begins to connect, and returns at once. */
  start(): void {
    if (this.#parts.config.bus.servers.length === 0) this.#parts.self.bus.drop();
    else this.#opening = this.#open();
  }

  /** An event was stored. */
  onEvent(): void {
    this.#bus?.onEvent();
  }

  /** Ends. `departs` says that the exporter leaves the fleet. */
  async stop(departs: boolean): Promise<void> {
    this.#isStopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    await this.#opening;
    await this.#bus?.stop(departs);
  }

  async #open(): Promise<void> {
    try {
      await this.#tryToOpen();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'nothing is published to the bus, because of a bug in the exporter');
    }
  }

  async #tryToOpen(): Promise<void> {
    const { config, environment, log, self } = this.#parts;
    const { startBus } = await import('../bus/bus.ts');
    const reading = await readBusAccess(config.bus, this.name, environment.readFile);
    if (this.#isStopped) return;
    self.bus.follow(() => this.#state());
    if (reading.kind === 'read') {
      this.#bus = startBus(this.#optionsFor(reading.access));
      return;
    }
    if (reading.problem !== this.#problem) log.error({}, `nothing is published to the bus: ${reading.problem}`);
    this.#problem = reading.problem;
    this.#retry = setTimeout(() => {
      this.#opening = this.#open();
    }, RETRY_MS).unref();
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

/** Whether an exporter whose configuration changes leaves the fleet: it has no bus any more, or reports under another name. */
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
