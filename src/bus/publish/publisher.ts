import type { EventPlace, History, LoggedEvent } from '../../core/event/event-log.ts';
import type { BusMark, BusMarks } from '../../core/fleet/bus-mark.ts';
import { Alarm, type BusClock } from '../bus-clock.ts';
import type { Answer, LastAnswer } from '../connection/stream-answer.ts';
import {
  advance,
  asking,
  beginPublication,
  inEpoch,
  isContested,
  missedBefore,
  type Outcome,
  type Publication,
  publishedUpTo,
  renewed,
} from './publication.ts';

type Last = Extract<LastAnswer, { readonly kind: 'last' }>;

/** How long nothing happens before we ask for our last message. */
const IDLE_MS = 30_000;
/** The same after nothing answered. */
const IDLE_AGAIN_MS = 5_000;
/** How often a store that cannot be written is looked at again. */
const STORE_WAIT_MS = 1_000;

/** The parts that a publisher is built from. */
export interface PublisherOptions {
  readonly history: History;
  /**
   * Begins a new epoch of the history, because the bus has another event of the present one, at `sequence` of the stream. The events
   * up to `until` were published. Returns the mark to go on with, or null if it does not.
   */
  readonly renew: (until: number, sequence: number) => BusMark | null;
  /** Whether the whole history is stored. Only what is stored is published. */
  readonly isStored: () => boolean;
  readonly marks: BusMarks;
  /** The subject of its events, without their type. */
  readonly subject: string;
  readonly port: EventSink;
  readonly reconnect: () => void;
  readonly observer: PublisherObserver;
  readonly clock: BusClock;
  /** 0 to 1, exclusive. */
  readonly random: () => number;
}

/** Where events are published. */
export interface EventSink {
  publish(event: LoggedEvent, sequence: number, missed: number): Promise<Answer>;
  last(): Promise<Answer>;
}

/** Gets what came of each answer. */
export interface PublisherObserver {
  readonly onOutcome: (outcome: Outcome) => void;
  /** `failures` in a row that `problem` caused; 0 after a success. */
  readonly onFailures: (failures: number, problem: string) => void;
  /** How long a stored event took. */
  readonly onStored: (durationMs: number) => void;
}

/** Events that wait to be published. */
export interface BusOutbox {
  readonly events: number;
  /** Time of the oldest; null if there is none. */
  readonly oldest: string | null;
}

/** Publishes the history to the bus, one event at a time. The history is its outbox: an outage costs no memory. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #alarm: Alarm;
  #publication: Publication;
  /** How long to wait if nothing happens. */
  #idleMs = IDLE_MS;
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(options: PublisherOptions) {
    const { history, marks, subject, clock } = options;
    this.#options = options;
    this.#alarm = new Alarm(clock);
    this.#publication = beginPublication(marks.mark, history, subject);
    marks.keep(this.#publication.mark);
    this.#ended = this.#run();
  }

  /** Whether another exporter publishes under our name. */
  get isNameTaken(): boolean {
    return this.#publication.isNameTaken;
  }

  /** Whether messages of another exporter were found under our name lately. */
  get isContested(): boolean {
    return this.isNameTaken || isContested(this.#publication, this.#options.clock.uptime());
  }

  get outbox(): BusOutbox {
    const { history } = this.#options;
    const { acked } = this.#publication.mark;
    const [oldest] = history.after(acked, 1);
    return { events: history.head - acked - history.missingAfter(acked), oldest: oldest?.event.time ?? null };
  }

  /** An event was added to the history. */
  wake(): void {
    this.#alarm.ring();
  }

  /** The bus was away: it may have lost what it had. */
  ask(): void {
    this.#publication = asking(this.#publication);
    this.#alarm.ring();
  }

  /** Ends after the answer that is awaited. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#alarm.ring();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const waitMs = await this.#proceed();
      if (this.#isStopped) return;
      if (waitMs === null) await this.#idle();
      else if (waitMs > 0) await this.#pause(waitMs);
    }
  }

  /** Waits for the next event. A host to which nothing happens would not notice that the stream lost its last ones. */
  async #idle(): Promise<void> {
    const isRung = await this.#alarm.wait(this.#idleMs * (0.8 + 0.4 * this.#options.random()));
    if (!isRung) this.#publication = asking(this.#publication);
  }

  /** A wait after a failure is not cut short by new events. */
  async #pause(waitMs: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.uptime() + waitMs;
    do await this.#alarm.wait(Math.max(1, until - clock.uptime()));
    while (!this.#isStopped && clock.uptime() < until);
  }

  /** Does one step. Gives how long to wait after it, or null to wait for the next event. */
  async #proceed(): Promise<number | null> {
    const { history, isStored, port } = this.#options;
    if (!isStored()) return STORE_WAIT_MS;
    const { mark, asksFrom } = this.#publication;
    if (asksFrom !== null) return this.#take(await port.last(), null);
    const [event] = history.after(mark.acked, 1);
    if (event === undefined) return null;
    const begunAt = this.#options.clock.uptime();
    const answer = await port.publish(event, mark.sequence, missedBefore(this.#publication, event.seq));
    if (answer.kind === 'stored') this.#options.observer.onStored(this.#options.clock.uptime() - begunAt);
    return this.#take(answer, event);
  }

  #take(answer: Answer, sent: LoggedEvent | null): number {
    const { marks, observer, clock, random } = this.#options;
    if (answer.kind === 'last' && this.#renew(answer)) return 0;
    const isOurs = (event: EventPlace, json: string) => this.#isOurs(event, json);
    const at = { isOurs, now: clock.uptime(), random: random() };
    const { publication, waitMs, reconnects, outcomes } = advance(this.#publication, answer, sent, at);
    this.#publication = inEpoch(this.#options.history.epoch, publication);
    this.#idleMs = answer.kind === 'unreachable' ? IDLE_AGAIN_MS : IDLE_MS;
    marks.keep(this.#publication.mark);
    for (const outcome of outcomes) observer.onOutcome(outcome);
    observer.onFailures(publication.failures, 'problem' in answer ? answer.problem : 'no fresh answer');
    if (reconnects) this.#options.reconnect();
    return waitMs;
  }

  /** Begins a new epoch if an event of ours is not the one that the history has: the store was put back, or another exporter has a copy. */
  #renew({ event, json, sequence }: Last): boolean {
    const { history, renew } = this.#options;
    if (event === null || event.epoch !== history.epoch || this.#isOurs(event, json)) return false;
    const mark = renew(publishedUpTo(this.#publication), sequence);
    if (mark !== null) this.#publication = renewed(this.#publication, mark);
    return mark !== null;
  }

  #isOurs({ epoch, seq }: EventPlace, json: string): boolean {
    const { history } = this.#options;
    const last = lastOf(epoch, history);
    const [own] = history.after(seq - 1, 1);
    return last !== null && seq <= last && (own?.seq !== seq || own.json === json);
  }
}

/** Sequence of the newest event of an epoch that is in the history; null if it is the epoch of another one. */
function lastOf(epoch: string, { epoch: present, former, head }: History): number | null {
  if (epoch === present) return head;
  return epoch === former?.epoch ? former.until : null;
}
