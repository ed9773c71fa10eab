import type { TmuxEvent } from '../event/event.ts';

/** What a notice says: a trouble that lasts, its end, or something that only happened. */
export type NoticeStatus = 'firing' | 'resolved' | 'info';

/** Why a notice is sent: for the first time, once more while the trouble lasts, or as a trial. */
export type NoticeReason = 'new' | 'repeat' | 'test';

/** What comes of notices at the end: told, given up after the last attempt, or given up because too many waited. */
export const DELIVERY_RESULTS = ['delivered', 'dead', 'dropped'] as const;
export type DeliveryResult = (typeof DELIVERY_RESULTS)[number];

/** One event as one receiver is told of it. Times are Unix milliseconds. */
export interface Notice {
  /** Its place in the queue: notices leave in this order. */
  readonly id: number;
  readonly status: NoticeStatus;
  readonly reason: NoticeReason;
  readonly event: TmuxEvent;
  /** The events whose trouble a resolved notice ends; none otherwise. */
  readonly ended: readonly TmuxEvent[];
  /** How many like it were left out before it. */
  readonly suppressed: number;
  readonly queuedAt: number;
}

/** Notices that are sent together: what is in a message never changes, so that all its attempts are one message. Times are Unix milliseconds. */
export interface OutboxMessage {
  /** The same over all attempts: receivers know a repetition by it. */
  readonly id: string;
  readonly notices: readonly Notice[];
  /** When its oldest notice was queued. */
  readonly createdAt: number;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Those of them that the receiver rejected for good. */
  readonly rejections: number;
  readonly nextAt: number;
  /** What went wrong last, in words without a secret; null before that. */
  readonly problem: string | null;
  /** When it was given up; null while it is still to be delivered. */
  readonly diedAt: number | null;
}

/** An incident of which a receiver was told, or is about to be. Times are Unix milliseconds. */
export interface OpenIncident {
  readonly id: string;
  /** The events of trouble in it, the newest of each type. */
  readonly fired: readonly TmuxEvent[];
  readonly toldAt: number;
  /** When it ended, or will of itself; null while nobody knows. */
  readonly endedAt: number | null;
}

/** Trouble that is not told again for a while. Times are Unix milliseconds. */
export interface Cooldown {
  /** Type of event and name of server. */
  readonly key: string;
  readonly until: number;
  /** How many were left out beside the one that is held back. */
  readonly suppressed: number;
  /** The newest of those that were not told; null where there was none. */
  readonly held: { readonly fired: TmuxEvent; readonly ended: TmuxEvent | null } | null;
}

/** What is kept for a receiver, by kind. */
export interface OutboxRows {
  readonly notice: Notice;
  readonly message: OutboxMessage;
  readonly incident: OpenIncident;
  readonly cooldown: Cooldown;
}

/** The kinds of what is kept. */
export type OutboxKind = keyof OutboxRows;

/** A row that is written, or deleted where it is null. */
export type OutboxChange = {
  [Kind in OutboxKind]: {
    readonly receiver: string;
    readonly kind: Kind;
    readonly key: string;
    readonly row: OutboxRows[Kind] | null;
  };
}[OutboxKind];

/** Everything that is kept for one receiver. */
export interface KeptRows {
  /** In the order of their ids. */
  readonly notices: readonly Notice[];
  /** The oldest first, the dead among them. */
  readonly messages: readonly OutboxMessage[];
  readonly incidents: readonly OpenIncident[];
  readonly cooldowns: readonly Cooldown[];
}

/** What is to be delivered, kept over restarts. */
export interface Outbox {
  /** Id of the newest event that was taken in; null before the first. */
  readonly taken: string | null;
  rows(receiver: string): KeptRows;
  /** Stores changes and the newest event taken in, all or nothing, before it returns. */
  commit(changes: readonly OutboxChange[], taken: string | null): void;
}

/** An outbox in memory. */
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

  /** Everything that is kept, as changes that would make it anew. */
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

/** What a change is about: a later one about the same replaces it. */
export function outboxKey({ receiver, kind, key }: OutboxChange): string {
  return `${receiver}\n${kind}\n${key}`;
}

function rowsOf<Kind extends OutboxKind>(changes: readonly OutboxChange[], kind: Kind): OutboxRows[Kind][] {
  return changes.flatMap((change) => {
    // The compiler does not see that a row's type follows from its kind.
    return change.kind === kind && change.row !== null ? [change.row as OutboxRows[Kind]] : [];
  });
}
