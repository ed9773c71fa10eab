import { readFile, stat } from 'node:fs/promises';
import { findExecutable } from './executable.ts';

/** Whether a server runs another tmux binary than the one in use, compared byte by byte; null if one of them cannot be read. */
export async function runsOtherBinary(
  proc: string,
  pid: number,
  binary: string,
  path: string,
): Promise<boolean | null> {
  const used = await findExecutable(binary, path);
  if (used === null) return null;
  // This link of /proc works even if the file was deleted.
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
