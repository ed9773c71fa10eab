import type { KeptRows, Outbox, OutboxChange, OutboxKind, OutboxRows } from '../../core/alert/outbox.ts';
import { absenceChanges } from './absence.ts';

/** Collects the changes of one receiver until they are stored together. */
export interface ChangeLog {
  put<Kind extends OutboxKind>(kind: Kind, key: string, row: OutboxRows[Kind] | null): void;
}

/** The pending changes of all receivers, and the outbox that stores them. */
export class Changes {
  readonly #outbox: Outbox;
  #pending: OutboxChange[] = [];
  #taken: string | null;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
    this.#taken = outbox.taken;
  }

  /** The change log of one receiver. */
  of(receiver: string): ChangeLog {
    return {
      put: (kind, key, row) => {
        // The compiler does not see that a row's type follows from its kind.
        this.#pending.push({ receiver, kind, key, row } as OutboxChange);
      },
    };
  }

  /** The stored rows of one receiver. */
  kept(receiver: string): KeptRows {
    return this.#outbox.rows(receiver);
  }

  /** Deletes what is stored of receivers that have not been configured for long. */
  forgetAbsent(configured: ReadonlySet<string>, now: number): void {
    this.#pending = this.#pending.concat(absenceChanges(this.#outbox.all(), configured, now));
  }

  /** Stores all pending changes, and the cursor of the last event that was taken in. */
  commit(taken = this.#taken): void {
    if (this.#pending.length === 0 && taken === this.#taken) return;
    const changes = this.#pending;
    this.#pending = [];
    this.#taken = taken;
    this.#outbox.commit(changes, taken);
  }
}
