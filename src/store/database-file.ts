import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '../core/text.ts';

/** What tells a file from another one at the same path. */
export interface FileMark {
  readonly dev: number;
  readonly ino: number;
}

/** A link could lead to any file of the user, which would get our mode; a FIFO would wait for a reader. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Makes a file, and the folders above it, if they do not exist, and lets its user alone read it: it holds what people call their sessions. Throws an error whose message says why that is impossible. */
export function prepareFile(path: string): FileMark {
  makeFolder(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error('it is a link: name the file that it leads to');
  }
  const file = openSync(path, FLAGS, 0o600);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    fchmodSync(file, 0o600);
    return { dev: stats.dev, ino: stats.ino };
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

/** Why others could replace the files in a folder, and the cure; null if they cannot. */
export function folderProblem(path: string): string | null {
  const folder = dirname(path);
  const stats = statSync(folder);
  if ((stats.mode & 0o022) === 0) return null;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const isOurs = stats.uid === lstatSync(path).uid;
  return `others can write to ${folder} (mode ${mode}), where the store is: ${isOurs ? cureOf(folder, stats) : ELSEWHERE}`;
}

const ELSEWHERE = 'choose another --storage.path';

/** A folder for everybody, such as /tmp, has to stay one. */
function cureOf(folder: string, { mode }: Stats): string {
  const isShared = (mode & 0o1000) !== 0;
  return isShared ? ELSEWHERE : `chmod go-w ${shellWord(folder)}, or ${ELSEWHERE}`;
}

/** Makes a folder, and those above it, for its user alone. Node's own recursive mkdir never ends in /proc, where no folder can be made and the one above exists. */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
