import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { MakeFolder } from '../core/file.ts';
import { shellWord } from '../core/text.ts';

/** The identity of a file: another file at the same path has another mark. */
export interface FileMark {
  readonly dev: number;
  readonly ino: number;
}

/** A link could lead to any file of the user, whose mode would change; opening a FIFO would wait for a reader. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A link beside the database must not make us truncate what it leads to; opening a FIFO would wait for a reader. */
const SEAL_FLAGS =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_TRUNC |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK |
  constants.O_NOCTTY;

/** The first bytes of every SQLite database (https://sqlite.org/fileformat.html). */
const HEADER = Buffer.from('SQLite format 3\0');

/** Why a file that is not a database is not used. A damaged database of ours still has the header of one, or its seal beside it. */
export const NO_DATABASE = 'it is not a database, and not empty';

/** Why a link is not used. */
export const A_LINK = 'it is a link: name the file that it leads to';

/** Makes a file and its folders, if they do not exist. An existing file is not changed. Throws an error whose message says why no database can be there. */
export function prepareFile(path: string, makeFolder: MakeFolder): FileMark {
  makeFolder(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error(A_LINK);
  }
  refuseJournal(path);
  const file = openSync(path, FLAGS, 0o600);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (!isDatabase(file) && !existsSync(sealOf(path))) throw new Error(NO_DATABASE);
    return { dev: stats.dev, ino: stats.ino };
  } finally {
    closeSync(file);
  }
}

/** Throws an error if the rollback journal of a database is not a regular file: SQLite would open a FIFO, and wait for its writer. */
export function refuseJournal(path: string): void {
  const journal = `${path}-journal`;
  const isRegular = lstatSync(journal, { throwIfNoEntry: false })?.isFile() ?? true;
  if (!isRegular) throw new Error(`${journal} is not a regular file`);
}

/** Whether the file at a path is neither a database nor a damaged database of ours. */
export function holdsSomethingElse(path: string): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return !isDatabase(file) && !existsSync(sealOf(path));
  } finally {
    closeSync(file);
  }
}

/** Whether a file is a database, or empty so that it can become one. */
function isDatabase(file: number): boolean {
  const start = Buffer.alloc(HEADER.length);
  const length = readSync(file, start, 0, start.length, 0);
  return length === 0 || start.equals(HEADER);
}

/** Makes a file, and the files that SQLite makes beside it, private to its user: it holds the names of sessions. */
export function protectFile(path: string): void {
  const file = openSync(path, FLAGS);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** Path of the seal of a database: a file that exists only if no emitted event is missing in the database. */
export function sealOf(path: string): string {
  return `${path}.complete`;
}

/** Makes the seal of a database. Throws an error if something else has its place. */
export function putSeal(path: string): void {
  const seal = sealOf(path);
  const file = openSync(seal, SEAL_FLAGS, 0o600);
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${seal} is not a regular file`);
  } finally {
    closeSync(file);
  }
}

/** Whether the file at a path is still the one that was opened. */
export function isSameFile(path: string, { dev, ino }: FileMark): boolean {
  try {
    const found = lstatSync(path);
    return found.dev === dev && found.ino === ino;
  } catch {
    return false;
  }
}

/** When a file was made, in Unix nanoseconds: a copy of it has another time. Null if the file system does not record it. */
export function birthOf(path: string): string | null {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // In place of an unknown time, Node gives 0 or that of the last change.
  return !stats || stats.birthtimeNs === 0n || stats.birthtimeNs === stats.ctimeNs ? null : `${stats.birthtimeNs}`;
}

/** Why other users could replace a file, or a folder of `uid` above it, and how to fix it; null if they cannot. */
export function folderProblem(path: string, uid: number | null): string | null {
  const folder = dirname(path);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return null;
  return (stats.mode & 0o022) === 0 ? problemAbove(folder, uid) : openFolder(folder, stats, uid);
}

/** The problem of the folders above. In a folder with the sticky bit, such as /tmp, users cannot rename each other's files. A home folder is often writable by a group with only its user, so group rights do not count here. */
function problemAbove(path: string, uid: number | null): string | null {
  const folder = dirname(path);
  const stats = statSync(folder);
  if (folder === path || stats.uid !== uid) return null;
  return (stats.mode & 0o1002) === 0o0002 ? openFolder(folder, stats, uid) : problemAbove(folder, uid);
}

function openFolder(folder: string, stats: Stats, uid: number | null): string {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const cure = uid === null || stats.uid === uid ? cureOf(folder, stats) : ELSEWHERE;
  return `others can write to ${folder} (mode ${mode}), where the store is: ${cure}`;
}

const ELSEWHERE = 'choose another --storage.path';

/** How to fix a folder that others can write to. A shared folder, such as /tmp, must stay shared. */
function cureOf(folder: string, { mode }: Stats): string {
  const isShared = (mode & 0o1000) !== 0;
  return isShared ? ELSEWHERE : `chmod go-w ${shellWord(folder)}, or ${ELSEWHERE}`;
}

/** A time of {@link birthOf} with a check, to be stored: a damaged one must not pass for that of another file. */
export function birthText(birth: string): string {
  return `${birth} ${hash('sha256', birth).slice(0, 8)}`;
}

/** The time in a stored text; null if it is damaged. */
export function readBirth(text: string | null): string | null {
  const [birth = ''] = text?.split(' ') ?? [];
  return text === birthText(birth) ? birth : null;
}
