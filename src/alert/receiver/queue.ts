import type { KeptRows, Notice, OutboxMessage } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import type { ChangeLog } from './change-log.ts';
import type { NoticeDraft } from './incidents.ts';
import { leastMissed } from './overflow.ts';
import type { Grouping } from './receiver.ts';

/** How many notices wait for one receiver; what is least missed is given up beyond. */
export const MOST_NOTICES = 10_000;

/** How many messages that were given up are kept for one receiver; the oldest are forgotten beyond. */
export const MOST_DEAD = 1_000;

/** The least time from the end of one message to the next, in milliseconds: a backlog does not become a flood. */
export const PACE_MS = 1_000;

/** What a queue needs. */
export interface QueueOptions {
  readonly group: Grouping;
  readonly kept: KeptRows;
  readonly log: ChangeLog;
  /** A new id for a message, never given before. */
  readonly newId: () => string;
  /** Told of notices that were given up because the queue was too long. */
  readonly onOverflow: (notices: readonly Notice[]) => void;
}

/** What waits for one receiver, in order. At most one message is under way, so that nothing overtakes: a resolve never comes before its firing. */
export class MessageQueue {
  readonly #options: QueueOptions;
  /** Waiting for a message to hold them, the oldest first. */
  #waiting: Notice[];
  /** Messages to be delivered, the next one first. */
  #sealed: OutboxMessage[];
  #dead: OutboxMessage[];
  /** When a message about a server was last sealed. */
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

  /** Notices that were not delivered yet. */
  get length(): number {
    return this.#sealed.reduce((sum, { notices }) => sum + notices.length, this.#waiting.length);
  }

  /** When the oldest of them was queued, Unix milliseconds; null where nothing waits. */
  get oldestAt(): number | null {
    return this.#sealed[0]?.createdAt ?? this.#waiting[0]?.queuedAt ?? null;
  }

  /** The message that is under way, or the next one that was tried already. */
  get current(): OutboxMessage | null {
    return this.#sealed[0] ?? null;
  }

  /** Notices that no message holds yet, the oldest first. */
  get waiting(): readonly Notice[] {
    return this.#waiting;
  }

  /** Messages that were given up, the oldest first. */
  get dead(): readonly OutboxMessage[] {
    return this.#dead;
  }

  /** Queues a notice. */
  add(draft: NoticeDraft, now: number): void {
    const notice: Notice = { ...draft, id: ++this.#lastId, queuedAt: now };
    this.#waiting.push(notice);
    this.#options.log.put('notice', String(notice.id), notice);
    if (this.#waiting.length > MOST_NOTICES) this.#giveUp(leastMissed(this.#waiting));
  }

  /** The message to attempt now; null where none is due. A message that is made here is noted before it is given. */
  due(now: number): OutboxMessage | null {
    if (this.#sealed.length === 0 && this.#sealAt() <= now) this.#seal(now);
    const message = this.current;
    return message && this.#attemptAt(message) <= now ? message : null;
  }

  /** When {@link MessageQueue.due} may have one again, Unix milliseconds; Infinity for never. */
  nextAt(): number {
    return this.current ? this.#attemptAt(this.current) : this.#sealAt();
  }

  /** The current message arrived. */
  delivered(now: number): void {
    const message = this.#sealed.shift();
    if (message) this.#options.log.put('message', message.id, null);
    this.#restUntil = now + PACE_MS;
  }

  /** The current message is to be tried again at `nextAt`. */
  retry(problem: string, { nextAt, rejected }: { nextAt: number; rejected: boolean }): void {
    const [message, ...others] = this.#sealed;
    if (!message) return;
    const { attempts, rejections } = message;
    const tried = { ...message, attempts: attempts + 1, rejections: rejections + (rejected ? 1 : 0), problem, nextAt };
    this.#sealed = [tried, ...others];
    this.#options.log.put('message', tried.id, tried);
  }

  /** The current message is given up, and kept as a dead letter. */
  bury(problem: string, now: number): void {
    const message = this.#sealed.shift();
    if (!message) return;
    this.#restUntil = now + PACE_MS;
    const dead = { ...message, attempts: message.attempts + 1, problem, diedAt: now };
    this.#dead.push(dead);
    this.#options.log.put('message', dead.id, dead);
    for (const old of this.#dead.splice(0, this.#dead.length - MOST_DEAD))
      this.#options.log.put('message', old.id, null);
  }

  /** The wall clock was set: what waits, waits as long as it would have. */
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

  /** Takes trouble that the receiver never heard of out of the ends that wait: an end of nothing else is not sent. */
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

  /** Puts dead letters back to be delivered under their old ids, and gives them. */
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

  /** The first that fit; a restart of the machine takes all its deaths along, however many. */
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

  #giveUp(notices: readonly Notice[]): void {
    const lost = new Set(notices);
    this.#waiting = this.#waiting.filter((notice) => !lost.has(notice));
    for (const { id } of notices) this.#options.log.put('notice', String(id), null);
    this.#options.onOverflow(notices);
  }
}

function diedOfReboot({ event }: Notice): boolean {
  return event.type === 'server-gone' && event.reason === 'rebooted';
}
