import { readFile, stat } from 'node:fs/promises';
import { findExecutable } from './executable.ts';

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
