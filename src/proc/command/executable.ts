import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The file that a name, or a path, of a program stands for in a PATH; null if there is none that may be executed. */
export async function findExecutable(name: string, path: string): Promise<string | null> {
  const places = name.includes('/') ? [name] : path.split(delimiter).map((folder) => join(folder || '.', name));
  for (const place of places) if (await isExecutable(place)) return place;
  return null;
}

/** A folder may be executed, too, and is no program. */
async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
