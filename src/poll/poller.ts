import { Lane } from '../core/lane.ts';
import type { Observation, PollAbort, Trigger } from '../core/model/observation.ts';
import { keyOfPlace } from '../core/model/server.ts';
import type { ServerRecord } from '../core/record/record.ts';

/** The servers that a poller polls, how it polls one, and what becomes of the results. */
export interface PollerOptions {
  /** Most polls in flight in one lane. */
  readonly concurrency: number;
  readonly list: () => readonly ServerRecord[];
  readonly get: (name: string) => ServerRecord | undefined;
  /** Null if the poll was aborted. */
  readonly gather: (record: ServerRecord, trigger: Trigger, abort: PollAbort) => Promise<Observation | null>;
  /** Commits one result, as soon as it arrives. */
  readonly commit: (record: ServerRecord, observation: Observation) => void | Promise<void>;
  /** Called if a poll rejects, which is a bug: nothing that a server does rejects a poll. */
  readonly onError: (error: unknown) => void;
}

/** Which servers a poll of all waits for: those whose last poll did not time out, or all. */
export type WaitFor = 'prompt' | 'all';

/** Width of the urgent lane, compared with the others. There are many urgent polls only if many servers die at once, and polling a dead server starts no process. */
const URGENT_PER_REGULAR = 4;

/** How long polls that examine a death may go on after the poller began to close. */
const LONGEST_EXAMINATION_MS = 1_000;

/** Polls servers: at most one poll in flight per server, and a bounded number in all. Slow servers have their own lane, and urgent polls overtake all others. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #healthy: Lane;
  /** Lane of servers whose last poll timed out: each may hold its place for the whole timeout. */
  readonly #suspect: Lane;
  /** Lane of urgent polls, so that a death does not wait for the end of a tick. */
  readonly #urgent: Lane;
  /** The polls that wait or run, by the place of the server. */
  readonly #polls = new Map<string, Poll>();
  /** Aborts the polls in flight in which nothing points to a death. */
  #routine = new AbortController();
  /** Aborts all polls in flight. */
  readonly #all = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #stage: 'open' | 'paused' | 'hastened' | 'closing' | 'closed' = 'open';

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#healthy = new Lane(options.concurrency);
    this.#suspect = new Lane(options.concurrency);
    this.#urgent = new Lane(options.concurrency * URGENT_PER_REGULAR);
  }

  /** Polls every registered server. Settles when those of `waitFor` are polled. */
  async pollAll(trigger: Trigger = 'poll', waitFor: WaitFor = 'prompt'): Promise<void> {
    const polls = this.#options
      .list()
      .map((record) => ({ isAwaited: waitFor === 'all' || !isSuspect(record), done: this.#poll(record, trigger) }));
    await Promise.all(polls.filter(({ isAwaited }) => isAwaited).map(({ done }) => done));
  }

  /** Polls one server in its turn, or joins a poll of it that waits or runs already. */
  async pollNow(name: string, trigger: Trigger): Promise<void> {
    const record = this.#options.get(name);
    if (record) await this.#poll(record, trigger);
  }

  /** Polls one server ahead of all others, with a fresh poll: one already in flight may have started too early. */
  async pollAfresh(name: string, trigger: Trigger): Promise<void> {
    const target = this.#options.get(name)?.target;
    const running = target && this.#polls.get(keyOfPlace(target));
    if (running?.hasBegun) await running.done;
    const record = this.#options.get(name);
    const isShut = this.#stage === 'closed' || this.#stage === 'paused';
    if (!record || isShut || (this.#stage === 'closing' && trigger !== 'watch')) return;
    const poll = this.#pollOf(record, trigger);
    poll.hurry(trigger);
    await this.#urgent.run(() => poll.begin());
  }

  /** Settles when no poll waits or runs. */
  async idle(): Promise<void> {
    while (this.#polls.size > 0) await Promise.all([...this.#polls.values()].map(({ done }) => done));
  }

  /** Begins no poll until {@link resume}, and settles when none is in flight: polls that examine no death are aborted. */
  pause(): Promise<void> {
    if (this.#stage === 'open') this.#stage = 'paused';
    this.#routine.abort();
    return this.idle();
  }

  /** Polls again after {@link pause}. */
  resume(): void {
    if (this.#stage !== 'paused') return;
    this.#stage = 'open';
    this.#routine = new AbortController();
  }

  /** Prepares to close: only urgent polls begin from now on. Polls that wait for their turn are cancelled, and those in flight are aborted. Polls that examine a death get a second. */
  hasten(): void {
    if (this.#stage !== 'open' && this.#stage !== 'paused') return;
    this.#stage = 'hastened';
    this.#routine.abort();
    this.#timer = setTimeout(() => this.#all.abort(), LONGEST_EXAMINATION_MS);
  }

  /** Settles when no poll is in flight, and begins none after that. */
  async close(): Promise<void> {
    this.hasten();
    this.#stage = 'closing';
    await this.idle();
    this.#stage = 'closed';
    clearTimeout(this.#timer);
  }

  #poll(record: ServerRecord, trigger: Trigger): Promise<void> {
    if (this.#stage !== 'open') return Promise.resolve();
    const isAsked = this.#polls.has(keyOfPlace(record.target));
    const poll = this.#pollOf(record, trigger);
    if (isAsked) return poll.done;
    const lane = isSuspect(record) ? this.#suspect : this.#healthy;
    void lane.run(() => (this.#stage === 'open' || poll.isUrgent ? poll.begin() : poll.cancel()));
    return poll.done;
  }

  /** The poll of a server that waits or runs; a new one if there is none. */
  #pollOf({ target }: ServerRecord, trigger: Trigger): Poll {
    const place = keyOfPlace(target);
    const asked = this.#polls.get(place);
    if (asked) {
      // A place has one name at a time, but the name may have changed since.
      asked.name = target.name;
      return asked;
    }
    const poll = new Poll(
      target.name,
      trigger,
      (name, finalTrigger, isUrgent) => this.#pollServer(name, finalTrigger, isUrgent).catch(this.#options.onError),
      () => this.#polls.delete(place),
    );
    this.#polls.set(place, poll);
    return poll;
  }

  /** Polls a server now. The record is read here, because the poll may have waited for long. */
  async #pollServer(name: string, trigger: Trigger, isUrgent: boolean): Promise<void> {
    const { get, gather, commit } = this.#options;
    const record = get(name);
    if (!record) return;
    const examination = this.#all.signal;
    const routine = isUrgent ? examination : this.#routine.signal;
    const observation = await gather(record, trigger, { routine, examination });
    if (observation !== null) await commit(record, observation);
  }
}

/** A poll that waits or runs. It can wait in two lanes; the first one that has room begins it. */
class Poll {
  readonly done: Promise<void>;
  /** Name of the server. */
  name: string;
  readonly #run: (name: string, trigger: Trigger, isUrgent: boolean) => Promise<void>;
  readonly #end: () => void;
  #trigger: Trigger;
  #hasBegun = false;
  #isUrgent = false;

  constructor(
    name: string,
    trigger: Trigger,
    run: (name: string, trigger: Trigger, isUrgent: boolean) => Promise<void>,
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

  /** Makes the poll urgent. A watch trigger outranks a poll trigger. */
  hurry(trigger: Trigger): void {
    this.#isUrgent = true;
    if (trigger === 'watch') this.#trigger = trigger;
  }

  /** Begins the poll, or joins it if it has begun. */
  begin(): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      void this.#run(this.name, this.#trigger, this.#isUrgent).finally(this.#end);
    }
    return this.done;
  }

  /** Ends it without polling, unless it has begun. */
  cancel(): Promise<void> {
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
