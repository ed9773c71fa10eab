import { accessSync, constants, lstatSync, mkdtempSync, rmdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isNativeError } from 'node:util/types';
import { type Machine, ownershipOf } from '../core/model/machine.ts';
import { SQLITE, sqliteCode } from './database.ts';
import { A_LINK, holdsSomethingElse, NO_DATABASE, refuseJournal, sealOf } from './database-file.ts';
import { SCHEMA_VERSION } from './migrations.ts';
import { isOtherProgram, OTHER_PROGRAM, otherMachineText, readOwner, strangerText } from './owner.ts';

/** Whether events can be stored at a path, and if not, why. */
export interface StoreFinding {
  /** `questionable` means: the daemon starts, but a person should check it. */
  readonly kind: 'usable' | 'in_use' | 'questionable' | 'unusable';
  readonly message: string;
}

/** Checks whether a database can be opened or made at `path`, without changing anything there. */
export function examineStore(path: string, present: Machine): StoreFinding {
  try {
    const file = lstatOrNull(path);
    if (file?.isSymbolicLink()) return unusable(path, A_LINK);
    if (path.endsWith('/') || (file !== null && !file.isFile())) return unusable(path, 'it is not a regular file');
    tryFolderOf(path);
    if (file === null) return { kind: 'usable', message: `${path}, made at the first start` };
    accessSync(path, constants.R_OK | constants.W_OK);
    if (holdsSomethingElse(path)) return unusable(path, NO_DATABASE);
    refuseJournal(path);
    return examineDatabase(path, present);
  } catch (error) {
    return unusable(path, isNativeError(error) ? error.message : String(error));
  }
}

/**
 * Throws the error of the system if no file can be made at `path`. It makes and removes a folder, because permissions alone do not
 * show a full or read-only disk.
 */
export function tryFolderOf(path: string): void {
  rmdirSync(mkdtempSync(join(deepestFolder(dirname(path)), '.tmux-exporter-')));
}

/** The deepest part of a path that exists. A link that leads nowhere does: no folder can be made in its place. */
function deepestFolder(path: string): string {
  const parent = dirname(path);
  return lstatOrNull(path) === null && parent !== path ? deepestFolder(parent) : path;
}

function examineDatabase(path: string, present: Machine): StoreFinding {
  try {
    const database = new DatabaseSync(locationOf(path), { readOnly: true, timeout: 0 });
    try {
      return examineContent(path, database, present);
    } finally {
      database.close();
    }
  } catch (error) {
    const code = sqliteCode(error);
    if (code === SQLITE.busy) return { kind: 'in_use', message: `${path} is in use by a running tmux-exporter` };
    if (code === SQLITE.corrupt || code === SQLITE.notADatabase) return damaged(path);
    throw error;
  }
}

/** Opens a database without a write-ahead log as immutable: no process has it open, and SQLite then makes no files beside it. */
function locationOf(path: string): URL {
  const location = pathToFileURL(path);
  if (lstatOrNull(`${path}-wal`) === null) location.searchParams.set('immutable', '1');
  return location;
}

function examineContent(path: string, database: DatabaseSync, present: Machine): StoreFinding {
  if (isOtherProgram(database)) return lstatOrNull(sealOf(path)) ? damaged(path) : unusable(path, OTHER_PROGRAM);
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > SCHEMA_VERSION) {
    return unusable(path, `a newer version wrote it (schema ${version}, this one knows ${SCHEMA_VERSION})`);
  }
  const isSound = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] === 'ok';
  if (!isSound) return damaged(path);
  return version === 0 ? { kind: 'usable', message: path } : examineOwner(path, database, present);
}

function examineOwner(path: string, database: DatabaseSync, present: Machine): StoreFinding {
  const owner = readOwner(database);
  switch (owner && ownershipOf(owner, present)) {
    case 'other':
      return { kind: 'unusable', message: otherMachineText(path, owner) };
    case 'unknown':
      return { kind: 'questionable', message: strangerText(path, owner) };
    default:
      return { kind: 'usable', message: path };
  }
}

function damaged(path: string): StoreFinding {
  const message = `${path} is damaged: the next start renames it and begins a new one`;
  return { kind: 'questionable', message };
}

function unusable(path: string, problem: string): StoreFinding {
  const cure = 'choose another --storage.path, or store nothing with --no-storage';
  return { kind: 'unusable', message: `${path} cannot be used to store events: ${problem}; ${cure}` };
}

function lstatOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
