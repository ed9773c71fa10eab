/** The migrations from an empty database to the present schema. Number n upgrades version n-1 to version n. Never change a released one; add another. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    json TEXT NOT NULL CHECK (json_valid(json))
  ) STRICT;

  -- Servers that were alive when last looked at, and what they held.
  CREATE TABLE servers (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL CHECK (json_valid(json))
  ) STRICT, WITHOUT ROWID;

  -- Names that died, and how often; the last death decides which are kept.
  CREATE TABLE tombstones (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL,
    json TEXT NOT NULL CHECK (json_valid(json))
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What is to be delivered, and what is known of each receiver: notices, messages, incidents, cooldowns.
  CREATE TABLE outbox (
    receiver TEXT NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    json     TEXT NOT NULL CHECK (json_valid(json)),
    PRIMARY KEY (receiver, kind, key)
  ) STRICT;
  `,
  `
  -- Rows that could not be used when they were read.
  CREATE TABLE set_aside (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    origin  TEXT NOT NULL,
    key     TEXT NOT NULL,
    json    TEXT NOT NULL,
    problem TEXT NOT NULL
  ) STRICT;
  `,
];

/** Version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
