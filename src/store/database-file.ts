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

/** What tells a file from another one at the same path. */
export interface FileMark {
  readonly dev: number;
  readonly ino: number;
}

/** A link could lead to any file of the user, which would get our mode; a FIFO would wait for a reader. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The bytes with which every SQLite database begins (https://sqlite.org/fileformat.html). */
const HEADER = Buffer.from('SQLite format 3\0');

/** Why a file is not used that is no database. One of ours that is damaged still begins as one, or has its seal beside it. */
export const NO_DATABASE = 'it is no database, and holds something else';

/** Makes a file, and the folders above it, if they do not exist. Throws an error whose message says why no database can be there. What there is stays as it is. */
export function prepareFile(path: string, makeFolder: MakeFolder): FileMark {
  makeFolder(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error('it is a link: name the file that it leads to');
  }
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

/** Whether there is something else than a database at a path, and it is no damaged one of ours. */
export function holdsSomethingElse(path: string): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return !isDatabase(file) && !existsSync(sealOf(path));
  } finally {
    closeSync(file);
  }
}

/** Whether a file is a database, or is empty and can become one. */
function isDatabase(file: number): boolean {
  const start = Buffer.alloc(HEADER.length);
  const length = readSync(file, start, 0, start.length, 0);
  return length === 0 || start.equals(HEADER);
}

/** Lets its user alone read a file, with what is made beside it: it holds what people call their sessions. */
export function protectFile(path: string): void {
  const file = openSync(path, FLAGS);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** Path of the file that vouches for a database: nothing that was told is missing in it. */
export function sealOf(path: string): string {
  return `${path}.complete`;
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

/** Why others could replace a file, or a folder of `uid` that it is in, and the cure; null if they cannot. */
export function folderProblem(path: string, uid: number | null): string | null {
  const folder = dirname(path);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return null;
  return (stats.mode & 0o022) === 0 ? problemAbove(folder, uid) : openFolder(folder, stats, uid);
}

/** A folder with the sticky bit, such as /tmp, lets nobody rename what is another's. Home folders are often open to a group of their user alone. */
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

/** A folder for everybody, such as /tmp, has to stay one. */
function cureOf(folder: string, { mode }: Stats): string {
  const isShared = (mode & 0o1000) !== 0;
  return isShared ? ELSEWHERE : `chmod go-w ${shellWord(folder)}, or ${ELSEWHERE}`;
}
