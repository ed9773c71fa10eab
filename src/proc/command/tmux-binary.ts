import { type FileHandle, open, stat } from 'node:fs/promises';
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
    return !(await haveSameBytes(running, used));
  } catch {
    return null;
  }
}

/** How much of two files is compared at once. */
const CHUNK_BYTES = 64 * 1024;

/** Whether two files have the same content. They are read in parts: a server can begin to run a program of gigabytes after its size was read. */
async function haveSameBytes(a: string, b: string): Promise<boolean> {
  const first = await open(a);
  try {
    const second = await open(b);
    try {
      return await haveSameParts(first, second);
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

async function haveSameParts(a: FileHandle, b: FileHandle): Promise<boolean> {
  for (let at = 0; ; at += CHUNK_BYTES) {
    const [one, other] = await Promise.all([partOf(a, at), partOf(b, at)]);
    if (!one.equals(other)) return false;
    if (one.length < CHUNK_BYTES) return true;
  }
}

/** The part of a file from a position on; shorter than the others only at its end. */
async function partOf(file: FileHandle, at: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let length = 0; ; ) {
    const { bytesRead } = await file.read(buffer, length, CHUNK_BYTES - length, at + length);
    length += bytesRead;
    if (bytesRead === 0 || length === CHUNK_BYTES) return buffer.subarray(0, length);
  }
}
