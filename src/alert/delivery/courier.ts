import type { Notice, OutboxMessage } from '../../core/alert/outbox.ts';
import { ClockSteps } from '../../core/clock.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import type { Changes } from '../receiver/change-log.ts';
import type { IncidentEnds } from '../receiver/incident-ends.ts';
import { Incidents } from '../receiver/incidents.ts';
import { MessageQueue } from '../receiver/queue.ts';
import type { Receiver } from '../receiver/receiver.ts';
import { isSuccess, type Outcome, problemOf } from '../request/outcome.ts';
import type { Clock } from './alert-clock.ts';
import type { Deliver } from './delivery.ts';
import type { AlertObserver } from './delivery-observer.ts';
import { limitKept } from './kept.ts';
import { isAlive, judgeAttempt, type Verdict } from './retry.ts';

/** How long a running attempt may still take after `stop`, in milliseconds. If it takes longer, its message stays queued. */
const STOP_MS = 1_500;

/** The longest that a timer is set for: the next message may be due in days, and the clock may be set until then. */
const LONGEST_WAIT_MS = 3_600_000;

/** The dependencies of a courier. */
export interface CourierOptions {
  readonly receiver: Receiver;
  readonly deliver: Deliver;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly observer: AlertObserver;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly newId: () => string;
}

/** Delivers the messages of one receiver, one after the other, independently of all other receivers. */
export class Courier {
  readonly queue: MessageQueue;
  readonly #options: CourierOptions;
  readonly #incidents: Incidents;
  readonly #steps: ClockSteps;
  readonly #abort = new AbortController();
  #sending: Promise<void> | null = null;
  #cancelTimer = () => {};
  /** Failed attempts of any message since the receiver last worked. */
  #failures: number;
  #off = false;
  #stopped = false;

  constructor(options: CourierOptions) {
    const { receiver, changes, clock, newId, observer } = options;
    const limits = { cooldownMs: receiver.cooldownMs, endMs: 0 };
    const kept = limitKept(changes.kept(receiver.name), clock.now(), limits);
    const log = changes.of(receiver.name);
    this.#options = options;
    this.#steps = new ClockSteps(clock);
    this.#incidents = new Incidents(receiver, kept, log, (event) => this.queue.has(event));
    this.queue = new MessageQueue({
      group: receiver.group,
      kept,
      log,
      newId,
      onOverflow: (notices, now) => {
        this.#giveUp(notices, now);
        observer.settled(receiver.name, 'dropped', notices.length);
      },
    });
    const { attempts = 0, rejections = 0 } = this.queue.current ?? {};
    this.#failures = attempts - rejections;
  }

  get receiver(): Receiver {
    return this.#options.receiver;
  }

  /** Whether the receiver answered that it is gone for good. */
  get isOff(): boolean {
    return this.#off;
  }

  /** Queues the notices of an event. The caller commits, then calls `wake`. */
  take(event: TmuxEvent): void {
    const now = this.#now();
    for (const draft of this.#incidents.take(event, now)) this.queue.add(draft, now);
  }

  /** Moves all waiting times if the wall clock was set, so that nothing waits longer or shorter. */
  followClock(): void {
    const stepMs = this.#steps.take();
    if (stepMs === 0) return;
    this.#incidents.move(stepMs);
    this.queue.move(stepMs);
  }

  /** Queues the ends of incidents that are not open any more. */
  retain(ends: IncidentEnds): void {
    const now = this.#now();
    for (const draft of this.#incidents.retain(ends, now)) this.queue.add(draft, now);
  }

  /** Sends the next message if it is due. Otherwise sets a timer for it. */
  wake(): void {
    if (this.#stopped || this.#off || this.#sending) return;
    this.#cancelTimer();
    const { changes } = this.#options;
    const now = this.#now();
    for (const draft of this.#incidents.elapse(now)) this.queue.add(draft, now);
    const message = this.queue.due(now);
    // A message is stored before it is sent.
    changes.commit();
    if (message) this.#sending = this.#attempt(message);
    else this.#rest(Math.min(this.queue.nextAt(), this.#incidents.nextAt()) - now);
  }

  /** Puts the chosen dead letters back into the queue, and returns how many. The ends of their problems follow them. */
  replay(chosen: (message: OutboxMessage) => boolean, ends: IncidentEnds): number {
    const now = this.#now();
    const back = this.queue.replay(chosen, now);
    for (const { notices } of back) this.#incidents.reopen(notices, now);
    this.retain(ends);
    this.#options.changes.commit();
    this.wake();
    return back.length;
  }

  /** Waits a moment for the running attempt, then aborts it. The queue stays as it is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    const cancel = this.#options.clock.after(STOP_MS, () => this.#abort.abort());
    await this.#sending;
    cancel();
  }

  /** Unix milliseconds. Moves all waiting times first if the wall clock was set. */
  #now(): number {
    this.followClock();
    return this.#options.clock.now();
  }

  #rest(ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
    this.#cancelTimer = this.#options.clock.after(wait, () => this.wake());
  }

  async #attempt(message: OutboxMessage): Promise<void> {
    this.#options.observer.attempted(this.receiver.name);
    const outcome = await this.#options.deliver(message, this.#abort.signal);
    this.#sending = null;
    if (this.#abort.signal.aborted && !hasArrived(outcome)) return;
    this.#apply(outcome);
    this.#options.changes.commit();
    this.wake();
  }

  #apply(outcome: Outcome): void {
    const { random, receiver } = this.#options;
    const now = this.#now();
    const { rejections = 0, createdAt = now } = this.queue.current ?? {};
    const failures = this.#failures;
    const attempt = { failures, rejections, ageMs: now - createdAt, maxAgeMs: receiver.maxAgeMs, random: random() };
    this.#failures = isAlive(outcome) ? 0 : failures + 1;
    this.#carryOut(judgeAttempt(outcome, attempt), problemOf(outcome) ?? '', now);
  }

  /** The receiver never heard of what only these notices reported: it must not hear of the end of a problem in it, and no cooldown has begun. */
  #giveUp(notices: readonly Notice[], now: number): void {
    const unheard = unheardIn(notices, this.queue.waiting);
    this.#incidents.withdraw(unheard, now);
    this.queue.withdraw(unheard);
  }

  #carryOut(verdict: Verdict, problem: string, now: number): void {
    const { observer, receiver } = this.#options;
    const { attempts = 0, notices = [] } = this.queue.current ?? {};
    if (verdict.kind === 'delivered') {
      this.queue.delivered(now);
      observer.settled(receiver.name, 'delivered', notices.length);
      if (attempts > 0) observer.recovered(receiver.name);
      return;
    }
    this.#off = verdict.kind === 'off';
    if (verdict.kind === 'dead') {
      this.#giveUp(notices, now);
      this.queue.bury(problem, now, verdict.afterMs);
      observer.settled(receiver.name, 'dead', notices.length);
    } else {
      const afterMs = verdict.kind === 'retry' ? verdict.afterMs : 0;
      this.queue.retry(problem, { nextAt: now + afterMs, rejected: verdict.kind === 'retry' && verdict.rejected });
    }
    observer.failed(receiver.name, problem, verdict.kind, attempts + 1);
  }
}

/** The events that only these notices reported: the receiver has not heard of them, and no waiting notice reports them. */
function unheardIn(notices: readonly Notice[], waiting: readonly Notice[]): TmuxEvent[] {
  const ids = new Set(waiting.filter(({ status }) => status === 'firing').map(({ event }) => event.id));
  return notices.filter(({ reason, event }) => reason === 'new' && !ids.has(event.id)).map(({ event }) => event);
}

function hasArrived(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && isSuccess(outcome.status);
}
