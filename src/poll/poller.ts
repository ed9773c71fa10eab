import { Lane } from '../core/lane.ts';
import type { Observation, Trigger } from '../core/model/observation.ts';
import { keyOfPlace } from '../core/model/server.ts';
import type { ServerRecord } from '../core/record/record.ts';

/** What a poller needs. */
export interface PollerOptions {
  readonly concurrency: number;
  readonly list: () => readonly ServerRecord[];
  readonly get: (name: string) => ServerRecord | undefined;
  readonly gather: (record: ServerRecord, trigger: Trigger) => Promise<Observation>;
  /** Commits one result, at once when it arrives. */
  readonly commit: (record: ServerRecord, observation: Observation) => void | Promise<void>;
  /** Told of a bug: a look never rejects for anything a server does. */
  readonly onError: (error: unknown) => void;
}

/** Whom a poll of all waits for: those that answered in time the last time, or everybody. */
export type WaitFor = 'prompt' | 'all';

/** Urgent looks are many only where many servers die together, and a dead server costs no process. */
const URGENT_PER_REGULAR = 4;

/** Polls servers: at most one look in flight per server, a bounded number in all, the slow ones apart from the others, and what is urgent before them all. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #healthy: Lane;
  /** Servers whose last poll timed out: each holds its place for the whole timeout, so they get places of their own. */
  readonly #suspect: Lane;
  /** A death is not to wait for the end of a tick. */
  readonly #urgent: Lane;
  /** By the place of the server. */
  readonly #looks = new Map<string, Look>();
  #stage: 'open' | 'paused' | 'closing' | 'closed' = 'open';

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#healthy = new Lane(options.concurrency);
    this.#suspect = new Lane(options.concurrency);
    this.#urgent = new Lane(options.concurrency * URGENT_PER_REGULAR);
  }

  /** Looks at every registered server. It settles when those that are waited for have been looked at. */
  async pollAll(trigger: Trigger = 'poll', waitFor: WaitFor = 'prompt'): Promise<void> {
    const polls = this.#options
      .list()
      .map((record) => ({ isAwaited: waitFor === 'all' || !isSuspect(record), done: this.#poll(record, trigger) }));
    await Promise.all(polls.filter(({ isAwaited }) => isAwaited).map(({ done }) => done));
  }

  /** Looks at one server in its turn; joins a look that is asked for already. */
  async pollNow(name: string, trigger: Trigger): Promise<void> {
    const record = this.#options.get(name);
    if (record) await this.#poll(record, trigger);
  }

  /** Looks at one server before all others, with eyes that open only now: a look that is in flight may have begun before what there is to see. */
  async pollAfresh(name: string, trigger: Trigger): Promise<void> {
    const target = this.#options.get(name)?.target;
    const running = target && this.#looks.get(keyOfPlace(target));
    if (running?.hasBegun) await running.done;
    const record = this.#options.get(name);
    const isShut = this.#stage === 'closed' || this.#stage === 'paused';
    if (!record || isShut || (this.#stage === 'closing' && trigger !== 'watch')) return;
    const look = this.#lookAt(record, trigger);
    look.hurry(trigger);
    await this.#urgent.run(() => look.begin());
  }

  /** Settles when no look is asked for. */
  async idle(): Promise<void> {
    while (this.#looks.size > 0) await Promise.all([...this.#looks.values()].map(({ done }) => done));
  }

  /** Begins no look until {@link resume}, and settles when none is in flight. */
  pause(): Promise<void> {
    if (this.#stage === 'open') this.#stage = 'paused';
    return this.idle();
  }

  /** Looks again after {@link pause}. */
  resume(): void {
    if (this.#stage === 'paused') this.#stage = 'open';
  }

  /** Settles when no look is in flight, and begins none after that. What only waits for its turn is left out, but not what looks into a death. */
  async close(): Promise<void> {
    this.#stage = 'closing';
    await this.idle();
    this.#stage = 'closed';
  }

  #poll(record: ServerRecord, trigger: Trigger): Promise<void> {
    if (this.#stage !== 'open') return Promise.resolve();
    const isAsked = this.#looks.has(keyOfPlace(record.target));
    const look = this.#lookAt(record, trigger);
    if (isAsked) return look.done;
    const lane = isSuspect(record) ? this.#suspect : this.#healthy;
    void lane.run(() => (this.#stage === 'open' || look.isUrgent ? look.begin() : look.leaveOut()));
    return look.done;
  }

  /** The look at a server that is asked for; a new one where there is none. */
  #lookAt({ target }: ServerRecord, trigger: Trigger): Look {
    const place = keyOfPlace(target);
    const asked = this.#looks.get(place);
    if (asked) {
      // One place has one name at a time: it can have got another one since.
      asked.name = target.name;
      return asked;
    }
    const look = new Look(
      target.name,
      trigger,
      (name, finalTrigger) => this.#look(name, finalTrigger).catch(this.#options.onError),
      () => this.#looks.delete(place),
    );
    this.#looks.set(place, look);
    return look;
  }

  /** The record is read when the look begins, which can be long after it was asked for. */
  async #look(name: string, trigger: Trigger): Promise<void> {
    const record = this.#options.get(name);
    if (!record) return;
    await this.#options.commit(record, await this.#options.gather(record, trigger));
  }
}

/** A look that was asked for. It can wait in two lanes: the first one that has room begins it. */
class Look {
  readonly done: Promise<void>;
  /** Of the server. */
  name: string;
  readonly #run: (name: string, trigger: Trigger) => Promise<void>;
  readonly #end: () => void;
  #trigger: Trigger;
  #hasBegun = false;
  #isUrgent = false;

  constructor(
    name: string,
    trigger: Trigger,
    run: (name: string, trigger: Trigger) => Promise<void>,
    onEnd: () => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.name = name;
    this.#trigger = trigger;
    this.#run = run;
    this.#end = () => {
      onEnd();
      resolve();
    };
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** The end of a watch says more of what there is to see than the turn of a poll. */
  hurry(trigger: Trigger): void {
    this.#isUrgent = true;
    if (trigger === 'watch') this.#trigger = trigger;
  }

  /** Looks, or joins the look that has begun. */
  begin(): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      void this.#run(this.name, this.#trigger).finally(this.#end);
    }
    return this.done;
  }

  /** Ends it without a look, unless that has begun. */
  leaveOut(): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#end();
    }
    return this.done;
  }
}

function isSuspect({ timeouts }: ServerRecord): boolean {
  return timeouts > 0;
}
