import type { BusClock } from '../../../../src/bus/bus-clock.ts';
import { type FleetReading, startFleet } from '../../../../src/bus/fleet.ts';
import type { Fleet } from '../../../../src/core/fleet/fleet.ts';
import type { FleetEvent, FleetLog } from '../../../../src/core/fleet/fleet-log.ts';
import { eventually } from '../../../support/machine/eventually.ts';
import { seededRandom } from '../../../support/sample/random.ts';
import { accessOf } from '../../../support/world/nats.ts';

/** The clock of the machine, which a test can move on. */
export class MovableClock implements BusClock {
  #moved = 0;

  now(): number {
    return Date.now() + this.#moved;
  }

  uptime(): number {
    return performance.now() + this.#moved;
  }

  after(ms: number, action: () => void): () => void {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  }

  /** Lets time go by, but not for timers. */
  pass(ms: number): void {
    this.#moved += ms;
  }
}

/** What a test chooses of a fleet. */
export interface FleetChoices {
  readonly history?: number;
  readonly user?: string;
  readonly clock?: BusClock;
}

/** A fleet that is read from a nats-server, and what it told. */
export class WatchedFleet {
  readonly events: FleetEvent[] = [];
  /** Events that were told before, and came into the log again. */
  readonly again: FleetEvent[] = [];
  readonly happened: string[] = [];
  readonly #reading: FleetReading;

  constructor(
    ports: readonly number[],
    { history = 1_000, user = 'hub', clock = new MovableClock() }: FleetChoices = {},
  ) {
    const note = (text: string) => this.happened.push(text);
    this.#reading = startFleet({
      // The rights of all users that may read name the inbox of a hub.
      access: { ...accessOf(ports, user), inboxPrefix: '_INBOX_hub' },
      prefix: 'tmux',
      history,
      silentAfterMs: 180_000,
      forgetAfterMs: 604_800_000,
      observer: {
        event: (event, isNew) => (isNew ? this.events : this.again).push(event),
        read: () => note('read'),
        remade: () => note(this.fleet.source.isWhole ? 'remade as a whole' : 'remade'),
        rejected: (reason) => note(`rejected ${reason}`),
        duplicate: () => note('duplicate'),
        reopened: (reason) => note(`reopened ${reason}`),
        report: (level, message) => note(`${level}: ${message}`),
      },
      clock,
      random: seededRandom(1),
    });
  }

  get fleet(): Fleet {
    return this.#reading.fleet;
  }

  get log(): FleetLog {
    return this.fleet.log;
  }

  /** Exporters and ids of the new events. */
  get ids(): string[] {
    return this.events.map(({ name, event }) => `${name}:${event.id}`);
  }

  /** What it told besides events and lines of the log. */
  get counted(): string[] {
    return this.happened.filter((text) => !/^(info|warn|error): /.test(text));
  }

  /** Resolves once the source was read to its end, and is up. */
  async ready(): Promise<void> {
    await eventually(`the fleet is read: ${this.happened.join('; ')}`, () => {
      const { hasRead, isUp } = this.fleet.source;
      return hasRead && isUp;
    });
  }

  /** Resolves once it told of this many events. */
  async told(count: number): Promise<void> {
    await eventually(`${count} events are told`, () => this.events.length >= count).catch(() => {});
    if (this.events.length < count)
      throw new Error(`expected ${count} events, found ${this.ids}; ${this.happened.join('; ')}`);
  }

  stop(): Promise<void> {
    return this.#reading.stop();
  }
}
