import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Finds the executable file of a program by its name or path; null if there is none. */
export async function findExecutable(name: string, path: string): Promise<string | null> {
  const places = name.includes('/') ? [name] : path.split(delimiter).map((folder) => join(folder || '.', name));
  for (const place of places) if (await isExecutable(place)) return place;
  return null;
}

/** Folders can have the x permission too, so the type is checked. */
async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
