import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isNativeError } from 'node:util/types';
import type { MakeFolder } from '../core/file.ts';
import { type FileMark, prepareFile, protectFile, sealOf } from './database-file.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.ts';
import { isOtherProgram, OTHER_PROGRAM } from './owner.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** SQLite's result codes that we tell apart (https://sqlite.org/rescode.html), without their extensions. */
export const SQLITE = { error: 1, busy: 5, corrupt: 11, notADatabase: 26 } as const;

/** Why a database cannot be used, as one line for a person. */
export class StoreRefusal extends Error {}

/** An opened database, and where its predecessor was put if that was damaged. */
export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  /** The file that was opened: another one at its path is not ours. */
  readonly file: FileMark;
  /** Path to which a damaged file was moved; null where the file was fine. */
  readonly setAside: string | null;
}

/** Where a database is or is to be made. */
export interface DatabasePlace {
  readonly path: string;
  readonly now: () => number;
  readonly makeFolder: MakeFolder;
}

/**
 * Opens the database at `path`, for this process alone and readable for its user alone, and brings its schema up to date. A link is not followed.
 *
 * A damaged database is set aside under another name and a new one begun. Throws {@link StoreRefusal} if another process holds
 * it, if a newer version wrote it, if it is anything else than a database of ours, or if the path cannot be used.
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
  // Both before the lock is taken: a process that closes any descriptor of a file loses all its locks on it (fcntl(2)).
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

/** One flipped bit can make a table of the schema another one: SQLite then says no more than that a statement does not fit it. */
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
  // The write lock comes first: a second daemon is refused here at the latest.
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
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  const setAside = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix);
  }
  return setAside;
}

/** Why a store cannot be used that is open already, and the cure. */
export function inUseText(path: string): string {
  return `${path} is in use by another tmux-exporter: end it, or give this one its own --storage.path and --web.listen-address`;
}

/** The error of a path that cannot be used to store events. */
export function refusalOf(path: string, error: unknown): Error {
  if (error instanceof StoreRefusal) return error;
  const found = isNativeError(error) ? error.message : String(error);
  return new StoreRefusal(
    `${path} cannot be used to store events: ${found}; choose another --storage.path, or do without by --no-storage`,
  );
}

/** The result code of an error of SQLite, without its extension; null for any other error. */
export function sqliteCode(error: unknown): number | null {
  return isNativeError(error) && 'errcode' in error ? Number(error.errcode) & 0xff : null;
}
