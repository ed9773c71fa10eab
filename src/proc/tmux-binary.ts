import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';

/** Whether the tmux that a server runs is another file than the one in use, byte by byte; null where one of them cannot be read. */
export async function runsOtherBinary(
  proc: string,
  pid: number,
  binary: string,
  path: string,
): Promise<boolean | null> {
  const used = await findExecutable(binary, path);
  if (used === null) return null;
  // The link of /proc leads to the file itself, also when it was deleted.
  const running = `${proc}/${pid}/exe`;
  try {
    const [ran, uses] = await Promise.all([stat(running), stat(used)]);
    if (ran.dev === uses.dev && ran.ino === uses.ino) return false;
    if (ran.size !== uses.size) return true;
    const [ranBytes, usedBytes] = await Promise.all([readFile(running), readFile(used)]);
    return !ranBytes.equals(usedBytes);
  } catch {
    return null;
  }
}

/** The file that a name stands for in a PATH; null where there is none. */
async function findExecutable(name: string, path: string): Promise<string | null> {
  const places = name.includes('/') ? [name] : path.split(':').map((folder) => `${folder || '.'}/${name}`);
  for (const place of places) {
    const isExecutable = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return place;
  }
  return null;
}
