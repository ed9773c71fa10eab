import type { Clock } from '../core/clock.ts';
import { isSameProcess } from '../core/model/observation.ts';
import { keyOfPlace } from '../core/model/server.ts';
import type { ServerRecord } from '../core/record/record.ts';
import { Debts } from './debts.ts';

/** Why a server is polled between two ticks: it was found, its socket file came or went, or its watch ended. */
export type Occasion = 'found' | 'changed' | 'ended';

/** Options of {@link PromptPolls}. */
export interface PromptPollsOptions {
  readonly get: (name: string) => ServerRecord | undefined;
  /** Polls a server. It never rejects. */
  readonly poll: (name: string, occasion: Occasion) => Promise<void>;
  readonly uptime: Clock['uptime'];
  readonly setTimer: (callback: () => void, ms: number) => () => void;
}

/** After this many polls at once that rest on the word of the server alone, its next polls wait for up to a second. */
export const MOST_AT_ONCE = 20;
const PER_SECOND = 1;

/** The price of a poll that rests on the word of the server alone. */
const FULL_PRICE = 1;
/** The price of any other poll: a real server can be restarted ten times a second, and is polled up to five times in each life. */
const LOW_PRICE = 0.02;

/** A poll that has not begun. */
interface Waiting {
  /** Name of the server, which may change while the poll waits. */
  name: string;
  readonly occasions: Set<Occasion>;
  readonly done: Promise<void>;
  /** Ends the wait. */
  hurry: () => void;
}

/**
 * Polls servers between the ticks, at once. A server that lies can cause a poll by each of its answers: it claims to be another
 * process each time, and ends its watch. So the polls of one place are limited, whatever lives are seen there.
 */
export class PromptPolls {
  readonly #options: PromptPollsOptions;
  readonly #debts: Debts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: PromptPollsOptions) {
    this.#options = options;
    this.#debts = new Debts({ most: MOST_AT_ONCE - FULL_PRICE, perSecond: PER_SECOND, uptime: options.uptime });
  }

  /** Polls a server as soon as it may be polled, or joins a poll that has not begun. Settles when that has ended. */
  request(name: string, occasion: Occasion): Promise<void> {
    const record = this.#options.get(name);
    if (!record) return Promise.resolve();
    const place = keyOfPlace(record.target);
    const waiting = this.#waiting.get(place) ?? this.#add(place, name);
    waiting.name = name;
    waiting.occasions.add(occasion);
    return waiting.done;
  }

  /** Begins all polls that wait, and settles when they have ended. From now on, a poll that would have to wait is left out. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const waiting = [...this.#waiting.values()];
    for (const { hurry } of waiting) hurry();
    await Promise.all(waiting.map(({ done }) => done));
  }

  #add(place: string, name: string): Waiting {
    const { promise: hurried, resolve: hurry } = Promise.withResolvers<void>();
    const waiting: Waiting = { name, occasions: new Set(), hurry, done: this.#serve(place, hurried) };
    this.#waiting.set(place, waiting);
    return waiting;
  }

  async #serve(place: string, hurried: Promise<void>): Promise<void> {
    await this.#running.get(place);
    const waitMs = this.#debts.waitMs(place);
    const isLeftOut = this.#isClosed && waitMs > 0;
    if (waitMs > 0 && !isLeftOut) await this.#wait(waitMs, hurried);
    const waiting = this.#waiting.get(place);
    this.#waiting.delete(place);
    if (isLeftOut || !waiting) return;
    const poll = this.#poll(place, waiting.name, [...waiting.occasions]);
    this.#running.set(place, poll);
    await poll;
    if (this.#running.get(place) === poll) this.#running.delete(place);
  }

  async #wait(ms: number, hurried: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.setTimer(resolve, ms);
    await Promise.race([late, hurried]);
    cancel();
  }

  async #poll(place: string, name: string, occasions: readonly Occasion[]): Promise<void> {
    const { get, poll } = this.#options;
    const before = get(name);
    await Promise.all(occasions.map((occasion) => poll(name, occasion)));
    this.#debts.owe(place, priceOf(before, get(name)));
  }
}

/** A poll is cheap if nothing answered, or if the kernel vouches for what it found: a process that began or ended, or one that has not changed. */
function priceOf(before: ServerRecord | undefined, after: ServerRecord | undefined): number {
  if (!after?.snapshot) return LOW_PRICE;
  const process = after.life?.process ?? null;
  if (process === null) return FULL_PRICE;
  const hasChanged = isSameProcess(before?.life?.process, process) && before?.snapshot !== after.snapshot;
  return hasChanged ? FULL_PRICE : LOW_PRICE;
}
