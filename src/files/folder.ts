import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MakeFolder } from '../core/file.ts';

/** Makes a folder and its parents with mode 0700. Node's own recursive mkdir loops forever in /proc, where no folder can be made although the parent exists. */
export const makeFolder: MakeFolder = (path) => {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
};

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
