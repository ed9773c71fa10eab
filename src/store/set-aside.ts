import type { DatabaseSync } from 'node:sqlite';

/** How many rows that cannot be used are kept; the oldest go first. */
const MOST_ROWS = 1_000;

/** A stored row that cannot be used. */
export interface BadRow {
  readonly table: 'servers' | 'tombstones' | 'outbox' | 'events';
  /** Its primary key, as SQLite has it. */
  readonly key: readonly (string | number)[];
  readonly json: string;
  /** Where it is wrong, and what was expected. */
  readonly problem: string;
}

const KEYS: Readonly<Record<BadRow['table'], string>> = {
  servers: 'name = ?',
  tombstones: 'name = ?',
  outbox: 'receiver = ? AND kind = ? AND key = ?',
  events: 'seq = ?',
};

/** Moves rows that cannot be used into a table of their own, for a person to look at. */
export function setRowsAside(database: DatabaseSync, rows: readonly BadRow[], now: number): void {
  if (rows.length === 0) return;
  const insert = database.prepare('INSERT INTO set_aside (at, origin, key, json, problem) VALUES (?, ?, ?, ?, ?)');
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const { table, key, json, problem } of rows) {
      insert.run(now, table, JSON.stringify(key), json, problem);
      database.prepare(`DELETE FROM ${table} WHERE ${KEYS[table]}`).run(...key);
    }
    database.prepare('DELETE FROM set_aside WHERE id <= (SELECT max(id) FROM set_aside) - ?').run(MOST_ROWS);
    database.exec('COMMIT');
  } catch {
    // A full disk: they are left out all the same, and found again at the next start.
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

/** What is reported of rows that were set aside. */
export function badRowsText(rows: readonly BadRow[]): string {
  const shown = rows.slice(0, 5).map(({ table, key, problem }) => `${table} ${key.join(' ')}: ${problem}`);
  const more = rows.length > shown.length ? `; and ${rows.length - shown.length} more` : '';
  return `${rows.length} of the stored rows cannot be used and were set aside: ${shown.join('; ')}${more}`;
}
