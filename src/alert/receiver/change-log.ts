import type { KeptRows, Outbox, OutboxChange, OutboxKind, OutboxRows } from '../../core/alert/outbox.ts';

/** Gathers what changes for one receiver until it is stored as one. */
export interface ChangeLog {
  put<Kind extends OutboxKind>(kind: Kind, key: string, row: OutboxRows[Kind] | null): void;
}

/** What changed for all receivers, and the outbox that stores it. */
export class Changes {
  readonly #outbox: Outbox;
  #pending: OutboxChange[] = [];
  #taken: string | null;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
    this.#taken = outbox.taken;
  }

  /** Where one receiver notes what changes. */
  of(receiver: string): ChangeLog {
    return {
      put: (kind, key, row) => {
        // The compiler does not see that a row's type follows from its kind.
        this.#pending.push({ receiver, kind, key, row } as OutboxChange);
      },
    };
  }

  /** What was kept for one receiver. */
  kept(receiver: string): KeptRows {
    return this.#outbox.rows(receiver);
  }

  /** Stores all that changed, and up to which event everything was taken in. */
  commit(taken = this.#taken): void {
    if (this.#pending.length === 0 && taken === this.#taken) return;
    const changes = this.#pending;
    this.#pending = [];
    this.#taken = taken;
    this.#outbox.commit(changes, taken);
  }
}
