import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { EVENT_TYPES, EVENT_VERSION, SEVERITIES } from '../core/event/event.ts';

/** All prepared statements of the journal. */
export interface Statements {
  readonly meta: StatementSync;
  readonly setMeta: StatementSync;
  readonly insertEvent: StatementSync;
  /** Selects the id of the newest event. */
  readonly newestId: StatementSync;
  /** Selects the events of an epoch since a time, newest first, up to a limit. If all are older, it selects the newest one. All values but `is_event` are texts: a damaged number can be larger than Node can read. */
  readonly events: StatementSync;
  readonly dropEvent: StatementSync;
  /** Drops the events after a sequence. */
  readonly dropAfter: StatementSync;
  /** Drops the events before a sequence, and those before the first that is not older than a time; the newest stays. */
  readonly trim: StatementSync;
  readonly servers: StatementSync;
  readonly saveServer: StatementSync;
  readonly dropServer: StatementSync;
  readonly tombstones: StatementSync;
  readonly saveTombstone: StatementSync;
  readonly dropTombstone: StatementSync;
  readonly dropMeta: StatementSync;
  readonly outbox: StatementSync;
  readonly saveOutbox: StatementSync;
  readonly dropOutbox: StatementSync;
}

/** The largest sequence that an event id can have. */
export const MOST_SEQ = 999_999_999_999_999;

/** The sequence of the first event since a time. A clock that was set back must not make a gap in the sequence. The newest event always counts, because the sequence continues from it. */
const FIRST_YOUNG = `coalesce((SELECT min(seq) FROM events WHERE time >= ?), (SELECT max(seq) FROM events WHERE seq <= ${MOST_SEQ}))`;

const inList = (words: readonly string[]) => `(${words.map((word) => `'${word}'`).join(', ')})`;

/** Whether a row is a valid event of an epoch, or of a former one. Checked in SQL, because parsing 10,000 events would delay the start. */
const IS_EVENT = `coalesce(
  json ->> 'v' = ${EVENT_VERSION}
  AND seq <= ${MOST_SEQ}
  AND (json ->> 'id' = ? || '-' || seq
    OR (json ->> 'id' GLOB '*-' || seq
      AND seq <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'former_until')))
  AND json ->> 'type' IN ${inList(EVENT_TYPES)}
  AND json ->> 'severity' IN ${inList(SEVERITIES)}
  AND julianday(json ->> 'time') IS NOT NULL
  AND json_type(json, '$.title') = 'text'
  AND json_type(json, '$.body') = 'text'
  AND json_type(json, '$.incident') IN ('null', 'text')
  AND (json_type(json, '$.server') = 'null' OR json_type(json, '$.server.name') = 'text'), 0)`;

/** Prepares the statements of the journal. */
export function prepareStatements(database: DatabaseSync): Statements {
  const sql = (text: string) => database.prepare(text);
  return {
    meta: sql('SELECT value FROM meta WHERE key = ?'),
    setMeta: sql('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
    insertEvent: sql('INSERT INTO events (seq, time, json) VALUES (?, ?, ?)'),
    newestId: sql(
      `SELECT CAST(json ->> 'id' AS TEXT) AS id FROM events WHERE seq <= ${MOST_SEQ} ORDER BY seq DESC LIMIT 1`,
    ),
    events: sql(
      `SELECT CAST(seq AS TEXT) AS place, json, CAST(json ->> 'type' AS TEXT) AS type,
       CAST(json ->> 'severity' AS TEXT) AS severity, CAST(json ->> '$.server.name' AS TEXT) AS server,
       ${IS_EVENT} AS is_event FROM events WHERE seq >= ${FIRST_YOUNG} ORDER BY seq DESC LIMIT ?`,
    ),
    dropEvent: sql('DELETE FROM events WHERE seq = ?'),
    dropAfter: sql('DELETE FROM events WHERE seq > ?'),
    trim: sql(`DELETE FROM events WHERE seq < ? OR seq < ${FIRST_YOUNG}`),
    servers: sql('SELECT name, json FROM servers ORDER BY name'),
    saveServer: sql(
      'INSERT INTO servers (name, json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET json = excluded.json',
    ),
    dropServer: sql('DELETE FROM servers WHERE name = ?'),
    tombstones: sql('SELECT name, json FROM tombstones ORDER BY at, name'),
    saveTombstone: sql(
      'INSERT INTO tombstones (name, at, json) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at, json = excluded.json',
    ),
    dropTombstone: sql('DELETE FROM tombstones WHERE name = ?'),
    dropMeta: sql('DELETE FROM meta WHERE key = ?'),
    outbox: sql('SELECT receiver, kind, key, json FROM outbox'),
    saveOutbox: sql(
      'INSERT INTO outbox (receiver, kind, key, json) VALUES (?, ?, ?, ?) ON CONFLICT (receiver, kind, key) DO UPDATE SET json = excluded.json',
    ),
    dropOutbox: sql('DELETE FROM outbox WHERE receiver = ? AND kind = ? AND key = ?'),
  };
}

/** A value about the whole store; null if there is none. */
export function metaOf({ meta }: Pick<Statements, 'meta'>, key: string): string | null {
  const value = meta.get(key)?.['value'];
  return typeof value === 'string' ? value : null;
}
