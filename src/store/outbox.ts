import { type KeptRows, MemoryOutbox, type Outbox, type OutboxChange, outboxKey } from '../core/alert/outbox.ts';
import { readOutboxRow } from './rows.ts';
import type { BadRow } from './set-aside.ts';
import { metaOf, type Statements } from './statements.ts';

const TAKEN = 'outbox_taken';

/** The outbox in the database of the journal. It is read from memory. Changes that cannot be written stay in memory until they can. */
export class DurableOutbox implements Outbox {
  readonly #memory = new MemoryOutbox();
  #statements: Statements;
  readonly #flush: () => void;
  #unsaved = new Map<string, OutboxChange>();

  /** Rows that cannot be used. */
  readonly badRows: BadRow[] = [];

  /** `flush` writes what is unsaved by calling {@link DurableOutbox.write} in a transaction. */
  constructor(statements: Statements, flush: () => void) {
    this.#statements = statements;
    this.#flush = flush;
    this.#memory.commit(this.#kept(), metaOf(statements, TAKEN));
  }

  get taken(): string | null {
    return this.#memory.taken;
  }

  rows(receiver: string): KeptRows {
    return this.#memory.rows(receiver);
  }

  all(): readonly OutboxChange[] {
    return this.#memory.all();
  }

  commit(changes: readonly OutboxChange[], taken: string | null): void {
    this.#memory.commit(changes, taken);
    for (const change of changes) this.#unsaved.set(outboxKey(change), change);
    this.#flush();
  }

  /** Writes the unsaved changes, in a transaction of the caller. */
  write(): void {
    const { saveOutbox, dropOutbox, setMeta, dropMeta } = this.#statements;
    for (const { receiver, kind, key, row } of this.#unsaved.values()) {
      if (row === null) dropOutbox.run(receiver, kind, key);
      else saveOutbox.run(receiver, kind, key, JSON.stringify(row));
    }
    if (this.taken === null) dropMeta.run(TAKEN);
    else setMeta.run(TAKEN, this.taken);
  }

  /** Continues in a new database. The next write stores everything in it. */
  moveTo(statements: Statements): void {
    this.#statements = statements;
    for (const change of this.#memory.all()) this.#unsaved.set(outboxKey(change), change);
  }

  /** Drops the unsaved changes, because their transaction was committed. */
  written(): void {
    this.#unsaved = new Map();
  }

  #kept(): OutboxChange[] {
    return this.#statements.outbox.all().flatMap((stored) => {
      const [receiver, kind, key, json] = [stored['receiver'], stored['kind'], stored['key'], stored['json']].map(
        String,
      );
      const reading = readOutboxRow(String(json), String(kind));
      // The compiler cannot derive the type of a row from its kind.
      if (reading.kind === 'read') return [{ receiver, kind, key, row: reading.row } as OutboxChange];
      const place = [String(receiver), String(kind), String(key)];
      this.badRows.push({ table: 'outbox', key: place, json: String(json), problem: reading.problem });
      return [];
    });
  }
}
