import { opendirSync } from 'node:fs';

/** How many names are taken from the kernel at once. */
const AT_ONCE = 256;

/** The names in a folder; null if it has more than `most`, where the listing stops: some folders have as many names as any user wants. Throws an error with `code` if it cannot be listed. */
export function namesIn(folder: string, most: number): readonly string[] | null {
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
