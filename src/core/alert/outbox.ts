import type { TmuxEvent } from '../event/event.ts';

/** Whether a notice is about a problem that lasts, about its end, or about something that only happened. */
export type NoticeStatus = 'firing' | 'resolved' | 'info';

/** Why a notice is sent: for the first time, again while the problem lasts, or as a test. */
export type NoticeReason = 'new' | 'repeat' | 'test';

/** The final result of notices: delivered, given up after the last attempt, or dropped because too many waited. */
export const DELIVERY_RESULTS = ['delivered', 'dead', 'dropped'] as const;
export type DeliveryResult = (typeof DELIVERY_RESULTS)[number];

/** One event on its way to one receiver. Times are Unix milliseconds. */
export interface Notice {
  /** Its place in the queue: notices are sent in this order. */
  readonly id: number;
  readonly status: NoticeStatus;
  readonly reason: NoticeReason;
  readonly event: TmuxEvent;
  /** The events of the problem that a resolved notice ends; otherwise empty. */
  readonly ended: readonly TmuxEvent[];
  /** Number of similar notices that were suppressed before it. */
  readonly suppressed: number;
  readonly queuedAt: number;
}

/** Notices that are sent together. The content of a message never changes, so all its attempts send the same. Times are Unix milliseconds. */
export interface OutboxMessage {
  /** The same in all attempts, so that receivers can detect a repetition. */
  readonly id: string;
  readonly notices: readonly Notice[];
  /** When its oldest notice was queued. */
  readonly createdAt: number;
  /** Number of failed attempts. */
  readonly attempts: number;
  /** Number of attempts that the receiver rejected permanently. */
  readonly rejections: number;
  readonly nextAt: number;
  /** Why the last attempt failed, without secrets; null before the first failure. */
  readonly problem: string | null;
  /** When delivery was given up; null while it is still tried. */
  readonly diedAt: number | null;
}

/** An incident that a receiver has a notice of, or is about to get one. Times are Unix milliseconds. */
export interface OpenIncident {
  readonly id: string;
  /** The problem events in it, the newest of each type. */
  readonly fired: readonly TmuxEvent[];
  /** When its last notice was queued. */
  readonly toldAt: number;
  /** When it ended, or will end by itself; null if unknown. */
  readonly endedAt: number | null;
}

/** A time in which repeated notices of one problem are suppressed. Times are Unix milliseconds. */
export interface Cooldown {
  /** Type of event and name of server. */
  readonly key: string;
  readonly until: number;
  /** Id of the event whose notice began the cooldown. Null after that notice was given up. */
  readonly begunBy: string | null;
  /** Number of suppressed events, without the one in `held`. */
  readonly suppressed: number;
  /** The newest suppressed event; null if there is none. */
  readonly held: { readonly fired: TmuxEvent; readonly ended: TmuxEvent | null } | null;
}

/** A receiver is not in the configuration any more. */
export interface Absence {
  /** Unix milliseconds. */
  readonly since: number;
}

/** The stored rows of a receiver, by kind. */
export interface OutboxRows {
  readonly notice: Notice;
  readonly message: OutboxMessage;
  readonly incident: OpenIncident;
  readonly cooldown: Cooldown;
  readonly absence: Absence;
}

/** The kinds of stored rows. */
export type OutboxKind = keyof OutboxRows;

/** A change of a stored row. The row is deleted if `row` is null. */
export type OutboxChange = {
  [Kind in OutboxKind]: {
    readonly receiver: string;
    readonly kind: Kind;
    readonly key: string;
    readonly row: OutboxRows[Kind] | null;
  };
}[OutboxKind];

/** The stored rows of one receiver that its deliveries need. */
export interface KeptRows {
  /** In the order of their ids. */
  readonly notices: readonly Notice[];
  /** Oldest first, including dead ones. */
  readonly messages: readonly OutboxMessage[];
  readonly incidents: readonly OpenIncident[];
  readonly cooldowns: readonly Cooldown[];
}

/** The queue of everything to deliver, kept over restarts. */
export interface Outbox {
  /** Id of the newest event that was taken from the history; null before the first. */
  readonly taken: string | null;
  rows(receiver: string): KeptRows;
  /** The whole content, as the changes that would create it. */
  all(): readonly OutboxChange[];
  /** Stores the changes and the id of the newest event taken, all or nothing, before it returns. */
  commit(changes: readonly OutboxChange[], taken: string | null): void;
}

/** An outbox that is kept in memory only. */
export class MemoryOutbox implements Outbox {
  readonly #rows = new Map<string, OutboxChange>();
  #taken: string | null = null;

  get taken(): string | null {
    return this.#taken;
  }

  rows(receiver: string): KeptRows {
    const kept = [...this.#rows.values()].filter((change) => change.receiver === receiver);
    return {
      notices: rowsOf(kept, 'notice').toSorted((a, b) => a.id - b.id),
      messages: rowsOf(kept, 'message').toSorted((a, b) => a.createdAt - b.createdAt),
      incidents: rowsOf(kept, 'incident'),
      cooldowns: rowsOf(kept, 'cooldown'),
    };
  }

  all(): readonly OutboxChange[] {
    return [...this.#rows.values()];
  }

  commit(changes: readonly OutboxChange[], taken: string | null): void {
    for (const change of changes) {
      if (change.row === null) this.#rows.delete(outboxKey(change));
      else this.#rows.set(outboxKey(change), change);
    }
    this.#taken = taken;
  }
}

/** The key of the row that a change is about. A later change with the same key replaces it. */
export function outboxKey({ receiver, kind, key }: OutboxChange): string {
  return `${receiver}\n${kind}\n${key}`;
}

function rowsOf<Kind extends OutboxKind>(changes: readonly OutboxChange[], kind: Kind): OutboxRows[Kind][] {
  return changes.flatMap((change) => {
    // The compiler cannot derive the type of a row from its kind.
    return change.kind === kind && change.row !== null ? [change.row as OutboxRows[Kind]] : [];
  });
}
