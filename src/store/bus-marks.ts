import * as z from 'zod';
import type { BusMark, BusMarks } from '../core/fleet/bus-mark.ts';
import type { Statements } from './statements.ts';

const KEY = 'bus';

const count = z.int().min(0);
const place = z.object({ subject: z.string(), from: count });
const stored = z.object({ epoch: z.string(), acked: count, sequence: count, place: place.nullable().default(null) });

/** The mark of the bus in the database of the journal. */
export class DurableBusMarks implements BusMarks {
  #statements: Statements;
  #mark: BusMark | null;
  #isSaved = true;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#mark = readMark(statements.meta.get(KEY)?.['value']);
  }

  get mark(): BusMark | null {
    return this.#mark;
  }

  keep(mark: BusMark): void {
    this.#mark = mark;
    this.#isSaved = false;
  }

  /** Writes an unsaved mark, in a transaction of the caller. */
  write(): void {
    if (!this.#isSaved && this.#mark) this.#statements.setMeta.run(KEY, JSON.stringify(this.#mark));
  }

  /** Notes that the transaction of the last write was committed. */
  written(): void {
    this.#isSaved = true;
  }

  /** Continues in a new database. The next write stores the mark in it. */
  moveTo(statements: Statements): void {
    this.#statements = statements;
    this.#isSaved = false;
  }
}

/** A mark that cannot be read counts as none: publishing begins at the head again. */
function readMark(value: unknown): BusMark | null {
  if (typeof value !== 'string') return null;
  try {
    return stored.parse(JSON.parse(value));
  } catch {
    return null;
  }
}
