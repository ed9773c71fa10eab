import type { Observation, Trigger } from '../core/observation.ts';
import type { ServerRecord } from '../core/record.ts';
import { keyOfPlace } from '../core/server.ts';
import { Lane } from './lane.ts';

/** What a poller needs. */
export interface PollerOptions {
  readonly concurrency: number;
  readonly list: () => readonly ServerRecord[];
  readonly get: (name: string) => ServerRecord | undefined;
  readonly observe: (record: ServerRecord, trigger: Trigger) => Promise<Observation>;
  /** Commits one result, at once when it arrives. */
  readonly commit: (record: ServerRecord, observation: Observation) => void;
  /** Told of a bug: a look never rejects for anything a server does. */
  readonly onError: (error: unknown) => void;
}

/** Whom a poll of all waits for: those that answered in time the last time, or everybody. */
export type WaitFor = 'prompt' | 'all';

/** Polls servers: at most one look in flight per server, a bounded number in all, and the slow ones apart from the others. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #healthy: Lane;
  /** Servers whose last poll timed out: each holds its place for the whole timeout, so they get places of their own. */
  readonly #suspect: Lane;
  readonly #inFlight = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#healthy = new Lane(options.concurrency);
    this.#suspect = new Lane(options.concurrency);
  }

  /** Looks at every registered server. It settles when those that are waited for have been looked at. */
  async pollAll(trigger: Trigger = 'poll', waitFor: WaitFor = 'prompt'): Promise<void> {
    const polls = this.#options
      .list()
      .map((record) => ({ isAwaited: waitFor === 'all' || !isSuspect(record), done: this.#poll(record, trigger) }));
    await Promise.all(polls.filter(({ isAwaited }) => isAwaited).map(({ done }) => done));
  }

  /** Looks at one server now; joins a look that is in flight. */
  async pollNow(name: string, trigger: Trigger): Promise<void> {
    const record = this.#options.get(name);
    if (record) await this.#poll(record, trigger);
  }

  /** Looks at one server with eyes that open only now: a look that is in flight may have begun before what there is to see. */
  async pollAfresh(name: string, trigger: Trigger): Promise<void> {
    const target = this.#options.get(name)?.target;
    if (target) await this.#inFlight.get(keyOfPlace(target));
    await this.pollNow(name, trigger);
  }

  /** Settles when no look is in flight. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight.values());
  }

  /** Settles when no look is in flight, and begins none after that. */
  async close(): Promise<void> {
    await this.idle();
    this.#isClosed = true;
  }

  #poll(record: ServerRecord, trigger: Trigger): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const place = keyOfPlace(record.target);
    const running = this.#inFlight.get(place);
    if (running) return running;
    const lane = isSuspect(record) ? this.#suspect : this.#healthy;
    const poll = lane
      .run(() => this.#look(record.target.name, trigger))
      .catch(this.#options.onError)
      .finally(() => this.#inFlight.delete(place));
    this.#inFlight.set(place, poll);
    return poll;
  }

  /** The record is read when the look begins, which can be long after it was asked for. */
  async #look(name: string, trigger: Trigger): Promise<void> {
    const record = this.#options.get(name);
    if (!record) return;
    this.#options.commit(record, await this.#options.observe(record, trigger));
  }
}

function isSuspect({ timeouts }: ServerRecord): boolean {
  return timeouts > 0;
}
