/** The steps that lead from an empty database to the present schema: step n brings version n-1 to version n. Never change one that was released; add another. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;

  -- Servers that were alive when last looked at, and what they held.
  CREATE TABLE servers (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Names that died, and how often; the last death decides which are kept.
  CREATE TABLE tombstones (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
