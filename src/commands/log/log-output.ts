import { constants, fstatSync, openSync, type Stats, write, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Where log lines go. No call of it waits for a reader. */
export interface LogOutput {
  /** Writes bytes and reports how many were taken, or the code of the error. `EAGAIN` means that the reader takes nothing at present. */
  write(bytes: Buffer, done: (code: string | null, written: number) => void): void;
  /** Writes what it can at once; for the end of the process. */
  writeNow(bytes: Buffer): void;
}

const STDERR = 2;

/** The output to stderr. `stream` opens the stream of the process, which is used only if stderr is a socket, or a pipe that cannot be opened again. */
export function stderrOutput(stream: () => Writable): LogOutput {
  const stats = statOf(STDERR);
  if (stats?.isFIFO() || stats?.isCharacterDevice()) {
    // A mode of our own: O_NONBLOCK on the inherited descriptor would be shared with every process that has it.
    const own = reopen();
    if (own !== null) return descriptorOutput(own);
  }
  const isStream = stats === null || stats.isFIFO() || stats.isSocket();
  // A file is not opened again: the new descriptor would start at the beginning of the file.
  return isStream ? streamOutput(stream()) : descriptorOutput(STDERR);
}

/** The output to an open file descriptor: a thread of the pool writes, one write at a time. */
function descriptorOutput(descriptor: number): LogOutput {
  return {
    write: (bytes, done) => write(descriptor, bytes, (error, written) => done(error ? codeOf(error) : null, written)),
    writeNow: (bytes) => {
      try {
        writeSync(descriptor, bytes);
      } catch {
        // Nobody is left to report it to.
      }
    },
  };
}

/** The output to a stream that queues what its reader does not take. Nothing is given to it while it queues something. */
export function streamOutput(stream: Writable): LogOutput {
  stream.on('error', () => {});
  const isFull = () => stream.writableLength > 0;
  return {
    write: (bytes, done) => {
      if (stream.destroyed) return done('EPIPE', 0);
      if (isFull()) return done('EAGAIN', 0);
      stream.write(bytes);
      done(null, bytes.length);
    },
    writeNow: (bytes) => {
      if (!stream.destroyed && !isFull()) stream.write(bytes);
    },
  };
}

function reopen(): number | null {
  try {
    return openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

function statOf(descriptor: number): Stats | null {
  try {
    return fstatSync(descriptor);
  } catch {
    return null;
  }
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? 'unknown';
}
