import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isNativeError } from 'node:util/types';
import type { MakeFolder } from '../core/file.ts';
import { timeText } from '../core/text.ts';
import { type FileMark, prepareFile, protectFile, sealOf } from './database-file.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.ts';
import { isOtherProgram, OTHER_PROGRAM } from './owner.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** The primary result codes of SQLite that we handle (https://sqlite.org/rescode.html). */
export const SQLITE = { error: 1, busy: 5, corrupt: 11, notADatabase: 26 } as const;

/** An error whose message says in one line why a database cannot be used. */
export class StoreRefusal extends Error {}

/** An opened database, and the path that a damaged predecessor was moved to. */
export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  /** The file that was opened, to detect that it was replaced. */
  readonly file: FileMark;
  /** Path that a damaged file was moved to; null if the file was sound. */
  readonly setAside: string | null;
}

/** The path of a database, and what is needed to make it there. */
export interface DatabasePlace {
  readonly path: string;
  readonly now: () => number;
  readonly makeFolder: MakeFolder;
}

/**
 * Opens the database at `path` for this process only, readable only for its user, and upgrades its schema. A link is not followed.
 *
 * A damaged database is renamed, and a new one is made. Throws {@link StoreRefusal} if another process uses it, if a newer version
 * wrote it, if it is not a database of ours, or if the path cannot be used.
 */
export function openDatabase({ path, now, makeFolder }: DatabasePlace): OpenedDatabase {
  const file = prepare(path, makeFolder);
  try {
    return { ...openSound(path), file, setAside: null };
  } catch (error) {
    const code = sqliteCode(error);
    if (code === SQLITE.busy) throw new StoreRefusal(inUseText(path));
    if (code !== SQLITE.corrupt && code !== SQLITE.notADatabase) throw refusalOf(path, error);
    const setAside = setFileAside(path, now());
    const next = prepare(path, makeFolder);
    return { ...openSound(path), file: next, setAside };
  }
}

function openSound(path: string): Pick<OpenedDatabase, 'database' | 'statements'> {
  // Both come before the lock is taken: a process that closes any descriptor of a file loses all its locks on it (fcntl(2)).
  assertOurs(path);
  protectFile(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    asDamage(() => assertSound(database));
    migrate(database, path);
    return { database, statements: asDamage(() => prepareStatements(database)) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function assertOurs(path: string): void {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF');
    const isOther = asDamage(() => isOtherProgram(database));
    if (isOther && !existsSync(sealOf(path))) throw refusalOf(path, new Error(OTHER_PROGRAM));
  } finally {
    database.close();
  }
}

function assertSound(database: DatabaseSync): void {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found !== 'ok') throw damage(String(found));
}

/** Treats an SQL error of `work` as damage. One flipped bit can change a table of the schema, and SQLite then only says that a statement does not fit. */
function asDamage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteCode(error) === SQLITE.error ? damage(String(error)) : error;
  }
}

function damage(found: string): Error {
  return Object.assign(new Error(found), { errcode: SQLITE.corrupt });
}

function migrate(database: DatabaseSync, path: string): void {
  // The write lock comes first, so that a second daemon is refused here at the latest.
  database.exec('BEGIN IMMEDIATE');
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > SCHEMA_VERSION) {
    throw new StoreRefusal(
      `${path} was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION}): upgrade, or choose another --storage.path`,
    );
  }
  if (version < SCHEMA_VERSION) {
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }
  database.exec('COMMIT');
}

function prepare(path: string, makeFolder: MakeFolder): FileMark {
  try {
    return prepareFile(path, makeFolder);
  } catch (error) {
    throw refusalOf(path, error);
  }
}

function setFileAside(path: string, now: number): string {
  const stamp = timeText(now).replace(/[:.]/g, '-');
  const setAside = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix);
  }
  return setAside;
}

/** Why a store that is already open cannot be used, and how to fix it. */
export function inUseText(path: string): string {
  return `${path} is in use by another tmux-exporter: stop that one, or give this one its own --storage.path and --web.listen-address`;
}

/** Makes the error for a path that cannot be used to store events. */
export function refusalOf(path: string, error: unknown): Error {
  if (error instanceof StoreRefusal) return error;
  const found = isNativeError(error) ? error.message : String(error);
  return new StoreRefusal(
    `${path} cannot be used to store events: ${found}; choose another --storage.path, or store nothing with --no-storage`,
  );
}

/** The primary result code of an SQLite error; null for any other error. */
export function sqliteCode(error: unknown): number | null {
  return isNativeError(error) && 'errcode' in error ? Number(error.errcode) & 0xff : null;
}
