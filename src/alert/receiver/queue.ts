import type { KeptRows, Notice, OutboxMessage } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import type { ChangeLog } from './change-log.ts';
import type { NoticeDraft } from './incidents.ts';
import { leastMissed } from './overflow.ts';
import type { Grouping } from './receiver.ts';

/** The most notices that wait for one receiver; beyond that, the least important are dropped. */
export const MOST_NOTICES = 10_000;

/** The most dead letters of one receiver; beyond that, the oldest are forgotten. */
export const MOST_DEAD = 1_000;

/** The minimum pause between two messages, in milliseconds, so that a backlog does not become a flood. */
export const PACE_MS = 1_000;

/** The dependencies of a queue. */
export interface QueueOptions {
  readonly group: Grouping;
  readonly kept: KeptRows;
  readonly log: ChangeLog;
  /** A new id for a message, never given before. */
  readonly newId: () => string;
  /** Called with notices that were dropped because the queue was full. */
  readonly onOverflow: (notices: readonly Notice[], now: number) => void;
}

/** The notices and messages that wait for one receiver, in order. At most one message is in flight, so a resolved notice never overtakes its firing one. */
export class MessageQueue {
  readonly #options: QueueOptions;
  /** Notices that are in no message yet, the oldest first. */
  #waiting: Notice[];
  /** Messages to be delivered, the next one first. */
  #sealed: OutboxMessage[];
  #dead: OutboxMessage[];
  /** When the last message about each server was sealed. */
  readonly #sealedAt = new Map<string | null, number>();
  #restUntil = 0;
  #lastId: number;

  constructor(options: QueueOptions) {
    const { notices, messages } = options.kept;
    this.#options = options;
    this.#waiting = [...notices];
    this.#sealed = messages.filter(({ diedAt }) => diedAt === null);
    this.#dead = messages.filter(({ diedAt }) => diedAt !== null);
    const ids = [...notices, ...messages.flatMap((message) => message.notices)].map(({ id }) => id);
    this.#lastId = ids.reduce((a, b) => Math.max(a, b), 0);
  }

  /** The number of undelivered notices. */
  get length(): number {
    return this.#sealed.reduce((sum, { notices }) => sum + notices.length, this.#waiting.length);
  }

  /** When the oldest undelivered notice was queued, in Unix milliseconds; null if the queue is empty. */
  get oldestAt(): number | null {
    return this.#sealed[0]?.createdAt ?? this.#waiting[0]?.queuedAt ?? null;
  }

  /** The message that is delivered now or next. */
  get current(): OutboxMessage | null {
    return this.#sealed[0] ?? null;
  }

  /** Notices that are in no message yet, the oldest first. */
  get waiting(): readonly Notice[] {
    return this.#waiting;
  }

  /** Messages that were given up, the oldest first. */
  get dead(): readonly OutboxMessage[] {
    return this.#dead;
  }

  /** Whether a notice of an event, given by its id, is not delivered yet. */
  has(event: string): boolean {
    const isOfIt = (notice: Notice) => notice.event.id === event;
    return this.#waiting.some(isOfIt) || this.#sealed.some(({ notices }) => notices.some(isOfIt));
  }

  /** Queues a notice. */
  add(draft: NoticeDraft, now: number): void {
    const notice: Notice = { ...draft, id: ++this.#lastId, queuedAt: now };
    this.#waiting.push(notice);
    this.#options.log.put('notice', String(notice.id), notice);
    if (this.#waiting.length > MOST_NOTICES) this.#giveUp(leastMissed(this.#waiting), now);
  }

  /** The message to attempt now; null if none is due. A new message is logged before it is returned. */
  due(now: number): OutboxMessage | null {
    if (this.#sealed.length === 0 && this.#sealAt() <= now) this.#seal(now);
    const message = this.current;
    return message && this.#attemptAt(message) <= now ? message : null;
  }

  /** When {@link MessageQueue.due} may have the next one, in Unix milliseconds; Infinity for never. */
  nextAt(): number {
    return this.current ? this.#attemptAt(this.current) : this.#sealAt();
  }

  /** The current message was delivered. */
  delivered(now: number): void {
    const message = this.#sealed.shift();
    if (message) this.#options.log.put('message', message.id, null);
    this.#restUntil = now + PACE_MS;
  }

  /** The current message failed, and is retried at `nextAt`. */
  retry(problem: string, { nextAt, rejected }: { nextAt: number; rejected: boolean }): void {
    const [message, ...others] = this.#sealed;
    if (!message) return;
    const { attempts, rejections } = message;
    const tried = { ...message, attempts: attempts + 1, rejections: rejections + (rejected ? 1 : 0), problem, nextAt };
    this.#sealed = [tried, ...others];
    this.#options.log.put('message', tried.id, tried);
  }

  /** The current message becomes a dead letter. The next one waits for `afterMs`. */
  bury(problem: string, now: number, afterMs = 0): void {
    const message = this.#sealed.shift();
    if (!message) return;
    this.#restUntil = now + Math.max(afterMs, PACE_MS);
    const dead = { ...message, attempts: message.attempts + 1, problem, diedAt: now };
    this.#dead.push(dead);
    this.#options.log.put('message', dead.id, dead);
    for (const old of this.#dead.splice(0, this.#dead.length - MOST_DEAD))
      this.#options.log.put('message', old.id, null);
  }

  /** Call it when the wall clock was set, so that waiting times stay the same. */
  move(stepMs: number): void {
    this.#restUntil += stepMs;
    for (const [server, at] of this.#sealedAt) this.#sealedAt.set(server, at + stepMs);
    this.#waiting = this.#waiting.map((notice) => ({ ...notice, queuedAt: notice.queuedAt + stepMs }));
    this.#sealed = this.#sealed.map((message) => {
      return { ...message, createdAt: message.createdAt + stepMs, nextAt: message.nextAt + stepMs };
    });
    for (const notice of this.#waiting) this.#options.log.put('notice', String(notice.id), notice);
    for (const message of this.#sealed) this.#options.log.put('message', message.id, message);
  }

  /** Removes events that the receiver never got from the waiting ends. An end without any other event is not sent. */
  withdraw(events: readonly TmuxEvent[]): void {
    const ids = new Set(events.map(({ id }) => id));
    this.#waiting = this.#waiting.flatMap((notice) => {
      const ended = notice.ended.filter(({ id }) => !ids.has(id));
      if (ended.length === notice.ended.length) return [notice];
      const rest = ended.length > 0 ? [{ ...notice, ended }] : [];
      this.#options.log.put('notice', String(notice.id), rest[0] ?? null);
      return rest;
    });
  }

  /** Queues dead letters again under their old ids, and returns them. */
  replay(chosen: (message: OutboxMessage) => boolean, now: number): readonly OutboxMessage[] {
    const back = this.#dead.filter(chosen).map((message) => ({
      ...message,
      createdAt: now,
      attempts: 0,
      rejections: 0,
      nextAt: now,
      diedAt: null,
    }));
    this.#dead = this.#dead.filter((message) => !chosen(message));
    this.#sealed.push(...back);
    for (const message of back) this.#options.log.put('message', message.id, message);
    return back;
  }

  #attemptAt(message: OutboxMessage): number {
    return Math.max(message.nextAt, this.#restUntil);
  }

  #sealAt(): number {
    if (this.#waiting.length === 0) return Number.POSITIVE_INFINITY;
    if (this.#waiting.length >= this.#options.group.max) return this.#restUntil;
    const at = this.#waiting.reduce(
      (earliest, notice) => Math.min(earliest, this.#readyAt(notice)),
      Number.POSITIVE_INFINITY,
    );
    return Math.max(at, this.#restUntil);
  }

  #readyAt({ event, queuedAt }: Notice): number {
    const { waitMs, intervalMs } = this.#options.group;
    const last = this.#sealedAt.get(event.server?.name ?? null);
    return Math.max(queuedAt + waitMs, last === undefined ? 0 : last + intervalMs);
  }

  #seal(now: number): void {
    const notices = this.#takeWaiting();
    const { log, newId } = this.#options;
    const message: OutboxMessage = {
      id: newId(),
      notices,
      createdAt: notices[0]?.queuedAt ?? now,
      attempts: 0,
      rejections: 0,
      nextAt: now,
      problem: null,
      diedAt: null,
    };
    this.#sealed.push(message);
    log.put('message', message.id, message);
    for (const { id } of notices) log.put('notice', String(id), null);
    this.#remember(notices, now);
  }

  /** Takes the first notices that fit into a message. A restart of the machine takes all its deaths along, however many. */
  #takeWaiting(): Notice[] {
    const { max } = this.#options.group;
    const first = this.#waiting.slice(0, max);
    const isReboot = first.some(({ event }) => event.type === 'host-rebooted');
    const isTaken = (notice: Notice, at: number) => at < max || (isReboot && diedOfReboot(notice));
    const taken = this.#waiting.filter(isTaken);
    this.#waiting = this.#waiting.filter((notice, at) => !isTaken(notice, at));
    return taken;
  }

  #remember(notices: readonly Notice[], now: number): void {
    for (const [server, at] of this.#sealedAt)
      if (at + this.#options.group.intervalMs <= now) this.#sealedAt.delete(server);
    for (const { event } of notices) this.#sealedAt.set(event.server?.name ?? null, now);
  }

  #giveUp(notices: readonly Notice[], now: number): void {
    const lost = new Set(notices);
    this.#waiting = this.#waiting.filter((notice) => !lost.has(notice));
    for (const { id } of notices) this.#options.log.put('notice', String(id), null);
    this.#options.onOverflow(notices, now);
  }
}

function diedOfReboot({ event }: Notice): boolean {
  return event.type === 'server-gone' && event.reason === 'rebooted';
}
