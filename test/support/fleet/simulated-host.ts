import { busClock } from '../../../src/app/bus-link.ts';
import { type Bus, startBus } from '../../../src/bus/bus.ts';
import type { BusAccess } from '../../../src/bus/connection/credentials.ts';
import { eventId } from '../../../src/core/event/event-log.ts';
import type { BusMark, BusMarks } from '../../../src/core/fleet/bus-mark.ts';
import type { PublishResult } from '../../../src/core/fleet/bus-words.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { randomDraft, SIMULATED_SERVERS } from './random-events.ts';
import type { Truth } from './truth.ts';

/** How many marks a host that is killed can have stored too late. */
const MOST_LATE_MARKS = 5;

/** How a simulated host is started. */
export interface SimulatedHostOptions {
  /** Its name in the fleet. */
  readonly name: string;
  readonly access: BusAccess;
  /** Gets each of its events. */
  readonly truth: Truth;
  readonly random: () => number;
  /** Half a minute by default. */
  readonly heartbeatMs?: number;
}

/** An exporter without tmux: the publisher of the exporter with a history in memory, a connection of its own, and random events. */
export class SimulatedHost {
  /** How many events had each result. */
  readonly results = new Map<PublishResult, number>();
  /** The acknowledgements: when each came, in milliseconds of `performance.now`, and how long after the publishing of its event. */
  readonly acks: { readonly at: number; readonly ms: number }[] = [];
  /** What it reported for its log. */
  readonly log: string[] = [];
  readonly #options: SimulatedHostOptions;
  readonly #history: MemoryLog;
  readonly #marks = new LateMarks();
  /** The ids of events that the bus stored. */
  readonly #stored = new Set<string>();
  #bus: Bus;

  constructor(options: SimulatedHostOptions) {
    this.#options = options;
    const { name, random } = options;
    const epoch = Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(12, '0');
    this.#history = new MemoryLog(epoch, { host: name, bootId: null });
    this.#bus = this.#start();
  }

  get name(): string {
    return this.#options.name;
  }

  get isUp(): boolean {
    return this.#bus.isUp;
  }

  /** How many events wait to be published. */
  get waiting(): number {
    return this.#bus.outbox.events;
  }

  /** Something random happens to one of its servers. */
  emit(): void {
    const { truth, random, name } = this.#options;
    const { event } = this.#history.append(randomDraft(random), Date.now());
    truth.add(name, event);
    this.#bus.onEvent();
  }

  /** Begins again with a mark that misses the last acknowledgements, like an exporter that was killed before it stored them. */
  async restart(): Promise<void> {
    await this.#bus.stop(false);
    this.#marks.fallBack();
    this.#bus = this.#start();
  }

  /** Ends it. `departs` says that it leaves the fleet. */
  async end(departs = false): Promise<void> {
    await this.#bus.stop(departs);
  }

  #start(): Bus {
    const { name, access, random, heartbeatMs = 30_000 } = this.#options;
    return startBus({
      access,
      prefix: 'tmux',
      heartbeatMs,
      name,
      host: name,
      version: '0.0.0-simulated',
      advertise: `http://${name}.example.org:8689`,
      history: this.#history,
      renew: () => null,
      isStored: () => true,
      marks: this.#marks,
      records: () => SIMULATED_SERVERS,
      observer: {
        published: (result, events) => this.#onPublished(result, events),
        refused: (reason) => this.log.push(`refused: ${reason}`),
        stored: (ms) => this.acks.push({ at: performance.now(), ms }),
        report: (_, message) => this.log.push(message),
      },
      clock: busClock,
      random,
    });
  }

  #onPublished(result: PublishResult, events: number): void {
    this.results.set(result, (this.results.get(result) ?? 0) + events);
    if (result !== 'stored' && result !== 'healed') return;
    // The mark was moved to the event before this is reported.
    const id = eventId(this.#history.epoch, this.#marks.mark?.acked ?? 0);
    // After it was killed, it does not know that it puts an event back.
    if (this.#stored.has(id)) this.#options.truth.addHealed(this.name, id);
    this.#stored.add(id);
  }
}

/** Marks of which the newest can be lost. */
class LateMarks implements BusMarks {
  readonly #kept: BusMark[] = [];

  get mark(): BusMark | null {
    return this.#kept.at(-1) ?? null;
  }

  keep(mark: BusMark): void {
    this.#kept.push(mark);
    if (this.#kept.length > MOST_LATE_MARKS) this.#kept.shift();
  }

  /** Loses all but the oldest that it still has. */
  fallBack(): void {
    this.#kept.splice(1);
  }
}
