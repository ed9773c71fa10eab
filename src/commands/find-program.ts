import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these programs that is installed, with its path; null where none is. */
export function findProgram<T extends string>(names: readonly T[], path: string): { kind: T; path: string } | null {
  for (const kind of names) {
    const found = path
      .split(delimiter)
      .map((folder) => join(folder, kind))
      .find(isExecutable);
    if (found !== undefined) return { kind, path: found };
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
