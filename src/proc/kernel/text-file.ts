import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';

/** Maximum size of a file that is read as a whole. The longest that we read in practice is `mountinfo` on a machine with thousands of containers. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Most files fit into it. Nobody else uses it meanwhile, because files are read synchronously. */
const SCRATCH = Buffer.allocUnsafeSlow(16 * 1024);

/** Reads the text of a file; null if it does not exist, may not be read, or has more than `mostBytes`. */
export function readText(path: string, mostBytes = MOST_BYTES): string | null {
  return read(path, mostBytes + 1, (bytes) => (bytes.length > mostBytes ? null : bytes.toString('utf8')));
}

/** Reads the beginning of a file of any size as text: at most `mostBytes`. Null if the file does not exist or may not be read. */
export function readStart(path: string, mostBytes: number): string | null {
  return read(path, mostBytes, (bytes) => bytes.toString('utf8'));
}

/** Reads at most `mostBytes` from the beginning of a file. Null if it does not exist or may not be read. */
export function readBytes(path: string, mostBytes: number): Buffer | null {
  return read(path, mostBytes, (bytes) => Buffer.from(bytes));
}

/** Files in /proc have the size 0, and some are as long as their process wants. `use` must not keep the bytes. */
function read<T>(path: string, mostBytes: number, use: (bytes: Buffer) => T): T | null {
  try {
    const file = openSync(path, 'r');
    try {
      return use(readUpTo(file, mostBytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** A read may give less than there is: many files in /proc give a page at a time. */
function readUpTo(file: number, mostBytes: number): Buffer {
  let buffer = SCRATCH;
  for (let length = 0; ; ) {
    const bytesRead = readSync(file, buffer, length, Math.min(buffer.length, mostBytes) - length, null);
    length += bytesRead;
    if (bytesRead === 0 || length === mostBytes) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
  }
}

/** Reads the target of a symbolic link; null if it does not exist or may not be read. */
export function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Parses lines `KEY=value`, as in systemd's files and the output of its tools. The last value of a key counts. */
export function parseAssignments(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return values;
}
