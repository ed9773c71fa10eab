import { busClock } from '../../../src/app/bus-link.ts';
import type { BusAccess } from '../../../src/bus/connection/credentials.ts';
import { type FleetReading, startFleet } from '../../../src/bus/fleet.ts';
import type { Reception } from './fleet-follower.ts';
import { keyOf } from './truth.ts';

/** What hears of the events of a fleet. */
export interface Ear {
  /** All that came, in order. */
  readonly receptions: readonly Reception[];
  hasHeard(name: string, id: string): boolean;
  close(): Promise<void>;
}

/** Reads a fleet from the bus as a hub does, in this process, and keeps what it says. */
export class FleetListener implements Ear {
  readonly receptions: Reception[] = [];
  /** Why it read through a new consumer, each time. */
  readonly reopened: string[] = [];
  /** What it reported for its log. */
  readonly log: string[] = [];
  readonly reading: FleetReading;
  readonly #heard = new Set<string>();

  constructor(access: BusAccess, random: () => number, history = 50_000) {
    this.reading = startFleet({
      access,
      prefix: 'tmux',
      history,
      silentAfterMs: 180_000,
      forgetAfterMs: 604_800_000,
      observer: {
        event: ({ name, json, type }, isNew) =>
          isNew && this.#take(name, (JSON.parse(json) as { id: string }).id, type),
        remade: () => this.receptions.push({ kind: 'gap', reason: 'epoch', missed: null, at: performance.now() }),
        rejected: (reason) => this.log.push(`rejected: ${reason}`),
        duplicate: () => {},
        reopened: (reason) => this.reopened.push(reason),
        read: () => this.log.push('read'),
        report: (_, message) => this.log.push(message),
      },
      clock: busClock,
      random,
    });
  }

  hasHeard(name: string, id: string): boolean {
    return this.#heard.has(keyOf(name, id));
  }

  close(): Promise<void> {
    return this.reading.stop();
  }

  #take(name: string, id: string, type: string): void {
    this.#heard.add(keyOf(name, id));
    this.receptions.push({ kind: 'event', name, id, type, at: performance.now(), url: 'bus' });
  }
}
