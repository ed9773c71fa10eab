import { opendirSync, readdirSync, statSync } from 'node:fs';

/** How many names are taken from the kernel at once. */
const AT_ONCE = 256;

/** The names in a folder; null if it has more than `most`, where the listing stops: some folders have as many names as any user wants. Throws an error with `code` if it cannot be listed. */
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
