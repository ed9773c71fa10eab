import { existsSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Machine, ownershipOf } from '../core/model/machine.ts';
import { inUseText, refusalOf, SQLITE, StoreRefusal, sqliteCode } from './database.ts';
import { putSeal, refuseJournal, sealOf } from './database-file.ts';
import { readOwner } from './owner.ts';

/** Paths at which an earlier version or another host name may have put the store of this machine. */
export interface FormerPlaces {
  /** Path used by an older version, the same for all machines. */
  readonly shared: string;
  /** Paths for other host names, which this machine may have had before. */
  readonly renamed: readonly string[];
}

/** Moves the store of this machine from a former place to `path`, unless there is one already. The folder of `path` must exist. Returns the former place, or null. Throws a {@link StoreRefusal} if an older version still uses it. */
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

/** Whether the store at a place is a sound one of this machine. Any other store is not moved. */
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

/** Moves a store. The new seal is made first, because a store without one starts a new epoch. The write-ahead log is merged into the file, so that one rename moves everything. */
function move(from: string, to: string): void {
  try {
    withDatabase(from, (database) => {
      database.exec('PRAGMA journal_mode = DELETE');
      if (existsSync(sealOf(from))) putSeal(to);
      renameSync(from, to);
    });
    rmSync(sealOf(from), { force: true });
  } catch (error) {
    throw refusalOf(from, error);
  }
}

/** Runs `work` with a database that no other process can open meanwhile. */
function withDatabase<T>(path: string, work: (database: DatabaseSync) => T): T {
  refuseJournal(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
    return work(database);
  } finally {
    database.close();
  }
}
