import type { DatabaseSync } from 'node:sqlite';

/** Most rows that are kept although they cannot be used. The oldest are dropped first. */
const MOST_ROWS = 1_000;

/** A stored row that cannot be used. */
export interface BadRow {
  readonly table: 'meta' | 'servers' | 'tombstones' | 'outbox' | 'events';
  /** Values of its primary key. */
  readonly key: readonly (string | number)[];
  readonly json: string;
  /** Where it is wrong, and what was expected. */
  readonly problem: string;
}

const KEYS: Readonly<Record<BadRow['table'], string>> = {
  // It stays until another value replaces it.
  meta: 'FALSE AND key = ?',
  servers: 'name = ?',
  tombstones: 'name = ?',
  outbox: 'receiver = ? AND kind = ? AND key = ?',
  events: 'seq = ?',
};

/** Moves rows that cannot be used into a table of their own, where a person can read them. */
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
    // The disk may be full. The rows are left out anyway, and found again at the next start.
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

/** The warning about rows that were set aside. */
export function badRowsText(rows: readonly BadRow[]): string {
  const shown = rows.slice(0, 5).map(({ table, key, problem }) => `${table} ${key.join(' ')}: ${problem}`);
  const more = rows.length > shown.length ? `; and ${rows.length - shown.length} more` : '';
  return `${rows.length} of the stored rows cannot be used and were set aside: ${shown.join('; ')}${more}`;
}
