import type { Notice, OutboxMessage } from '../../core/alert/outbox.ts';
import { ClockSteps } from '../../core/clock.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import type { Changes } from '../receiver/change-log.ts';
import { Incidents } from '../receiver/incidents.ts';
import { MessageQueue } from '../receiver/queue.ts';
import type { Receiver } from '../receiver/receiver.ts';
import { isSuccess, type Outcome, problemOf } from '../request/outcome.ts';
import type { Clock } from './alert-clock.ts';
import type { Deliver } from './delivery.ts';
import type { AlertObserver } from './delivery-observer.ts';
import { limitKept } from './kept.ts';
import { judgeAttempt, type Verdict } from './retry.ts';

/** How long an attempt that is under way may still take when we stop, in milliseconds; its message stays queued if it takes longer. */
const STOP_MS = 1_500;

/** A timer is never set for longer: what it waits for may be days away. */
const LONGEST_WAIT_MS = 3_600_000;

/** What a courier needs. */
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

/** Brings one receiver its messages, one after the other, and depends on no other receiver. */
export class Courier {
  readonly queue: MessageQueue;
  readonly #options: CourierOptions;
  readonly #incidents: Incidents;
  readonly #steps: ClockSteps;
  readonly #abort = new AbortController();
  #sending: Promise<void> | null = null;
  #callOff = () => {};
  #off = false;
  #stopped = false;

  constructor(options: CourierOptions) {
    const { receiver, changes, clock, newId, observer } = options;
    const limits = { cooldownMs: receiver.cooldownMs, endMs: 0 };
    const kept = limitKept(changes.kept(receiver.name), clock.now(), limits);
    const log = changes.of(receiver.name);
    this.#options = options;
    this.#steps = new ClockSteps(clock);
    this.#incidents = new Incidents(receiver, kept, log);
    this.queue = new MessageQueue({
      group: receiver.group,
      kept,
      log,
      newId,
      onOverflow: (notices) => {
        for (const notice of notices) this.#incidents.forget(notice);
        observer.settled(receiver.name, 'dropped', notices.length);
      },
    });
  }

  get receiver(): Receiver {
    return this.#options.receiver;
  }

  /** Whether the receiver said that it is gone for good. */
  get isOff(): boolean {
    return this.#off;
  }

  /** Queues what an event gives rise to: the caller commits, then wakes. */
  take(event: TmuxEvent): void {
    const now = this.#now();
    for (const draft of this.#incidents.take(event, now)) this.queue.add(draft, now);
  }

  /** The wall clock may have been set: what waits, waits as long as it would have. */
  followClock(): void {
    const stepMs = this.#steps.take();
    if (stepMs === 0) return;
    this.#incidents.move(stepMs);
    this.queue.move(stepMs);
  }

  /** Forgets the incidents that are not open. */
  retain(isOpen: (incident: string) => boolean): void {
    this.#incidents.retain(isOpen);
  }

  /** Looks whether a message is due; else sets a timer for when one may be. */
  wake(): void {
    if (this.#stopped || this.#off || this.#sending) return;
    this.#callOff();
    const { changes } = this.#options;
    const now = this.#now();
    for (const draft of this.#incidents.elapse(now)) this.queue.add(draft, now);
    const message = this.queue.due(now);
    // What an attempt is made of is stored before it is made.
    changes.commit();
    if (message) this.#sending = this.#attempt(message);
    else this.#rest(Math.min(this.queue.nextAt(), this.#incidents.nextAt()) - now);
  }

  /** Puts dead letters back, and gives how many. */
  replay(chosen: (message: OutboxMessage) => boolean): number {
    const now = this.#now();
    const back = this.queue.replay(chosen, now);
    for (const { notices } of back) this.#incidents.reopen(notices, now);
    this.#options.changes.commit();
    this.wake();
    return back.length;
  }

  /** Lets an attempt that is under way end, though not for long. What is queued stays queued. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff();
    const callOff = this.#options.clock.after(STOP_MS, () => this.#abort.abort());
    await this.#sending;
    callOff();
  }

  /** Unix milliseconds, with what waits moved along. */
  #now(): number {
    this.followClock();
    return this.#options.clock.now();
  }

  #rest(ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
    this.#callOff = this.#options.clock.after(wait, () => this.wake());
  }

  async #attempt(message: OutboxMessage): Promise<void> {
    this.#options.observer.attempted(this.receiver.name);
    const outcome = await this.#options.deliver(message, this.#abort.signal);
    this.#sending = null;
    if (this.#abort.signal.aborted && !hasArrived(outcome)) return;
    this.#settle(outcome);
    this.#options.changes.commit();
    this.wake();
  }

  #settle(outcome: Outcome): void {
    const { random, receiver } = this.#options;
    const now = this.#now();
    const { attempts = 0, rejections = 0, createdAt = now } = this.queue.current ?? {};
    const attempt = { attempts, rejections, ageMs: now - createdAt, maxAgeMs: receiver.maxAgeMs, random: random() };
    this.#apply(judgeAttempt(outcome, attempt), problemOf(outcome) ?? '', now);
  }

  /** What a dead letter said was never heard of: nothing that waits may end it, and nothing later. */
  #giveUp(notices: readonly Notice[]): void {
    const unheard = unheardIn(notices, this.queue.waiting);
    this.#incidents.withdraw(unheard);
    this.queue.withdraw(unheard);
  }

  #apply(verdict: Verdict, problem: string, now: number): void {
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
      this.#giveUp(notices);
      this.queue.bury(problem, now);
      observer.settled(receiver.name, 'dead', notices.length);
    } else {
      const afterMs = verdict.kind === 'retry' ? verdict.afterMs : 0;
      this.queue.retry(problem, { nextAt: now + afterMs, rejected: verdict.kind === 'retry' && verdict.rejected });
    }
    observer.failed(receiver.name, problem, verdict.kind, attempts + 1);
  }
}

/** The trouble that a message reported for the first time, and that no other notice will report. */
function unheardIn(notices: readonly Notice[], waiting: readonly Notice[]): TmuxEvent[] {
  const ids = new Set(waiting.filter(({ status }) => status === 'firing').map(({ event }) => event.id));
  return notices
    .filter(({ status, reason, event }) => status === 'firing' && reason === 'new' && !ids.has(event.id))
    .map(({ event }) => event);
}

function hasArrived(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && isSuccess(outcome.status);
}
