import { opendirSync, readdirSync, statSync } from 'node:fs';

/** How many names are taken from the kernel at once. */
const AT_ONCE = 256;

/** Lists the names in a folder; null if there are more than `most`. In some folders, any user can make any number of names. Throws an error with `code` if the folder cannot be listed. */
export function namesIn(folder: string, most: number): readonly string[] | null {
  // No folder has more names than its size says, and listing all at once is much faster. The size is 0 if it is not known.
  const { size } = statSync(folder);
  if (size > 0 && size <= most) return readdirSync(folder);
  const directory = opendirSync(folder, { bufferSize: AT_ONCE });
  try {
    const names: string[] = [];
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (names.length === most) return null;
      names.push(entry.name);
    }
    return names;
  } finally {
    directory.closeSync();
  }
}
