import { closeSync, existsSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Machine, ownershipOf } from '../core/model/machine.ts';
import { inUseText, refusalOf, SQLITE, StoreRefusal, sqliteCode } from './database.ts';
import { sealOf } from './database-file.ts';
import { readOwner } from './owner.ts';

/** Places at which the store of this machine may be if it is not at its own. */
export interface FormerPlaces {
  /** That of an older version, whatever machine it runs on. */
  readonly shared: string;
  /** Those of machines that may be this one under another host name. */
  readonly renamed: readonly string[];
}

/** Moves the store that this machine wrote at a former place to `path`, whose folder exists, unless there is one; gives the place it came from, null for none. Throws a {@link StoreRefusal} if an older version still uses it. */
export function takeOver(path: string, { shared, renamed }: FormerPlaces, present: Machine): string | null {
  if (existsSync(path)) return null;
  const from = isOurs(shared, present, refuseInUse)
    ? shared
    : renamed.find((place) => isOurs(place, present, () => {}));
  if (from !== undefined) move(from, path);
  return from ?? null;
}

function refuseInUse(place: string): never {
  throw new StoreRefusal(inUseText(place));
}

/** Another machine's store stays as it is. So does a damaged one: there is nothing to go on with. */
function isOurs(place: string, present: Machine, onInUse: (place: string) => void): boolean {
  if (!lstatSync(place, { throwIfNoEntry: false })?.isFile()) return false;
  try {
    return withDatabase(place, (database) => {
      const owner = readOwner(database);
      return owner !== null && ownershipOf(owner, present) === 'own';
    });
  } catch (error) {
    if (sqliteCode(error) === SQLITE.busy) onInUse(place);
    return false;
  }
}

/** The seal first: a store without one begins a new epoch. The write-ahead log is folded into the file, so that one rename moves all. */
function move(from: string, to: string): void {
  try {
    withDatabase(from, (database) => {
      database.exec('PRAGMA journal_mode = DELETE');
      if (existsSync(sealOf(from))) closeSync(openSync(sealOf(to), 'w', 0o600));
      renameSync(from, to);
    });
    rmSync(sealOf(from), { force: true });
  } catch (error) {
    throw refusalOf(from, error);
  }
}

/** Nobody else can open it meanwhile. */
function withDatabase<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
    return work(database);
  } finally {
    database.close();
  }
}
