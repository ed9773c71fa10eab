import { constants, fstatSync, openSync, type Stats, write, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** The output for log lines. No call waits for a reader. */
export interface LogOutput {
  /** Writes bytes, and reports how many were written or the code of the error. `EAGAIN` means that the reader accepts nothing at present. */
  write(bytes: Buffer, done: (code: string | null, written: number) => void): void;
  /** Writes synchronously what the reader accepts, before the process ends. */
  writeNow(bytes: Buffer): void;
}

const STDERR = 2;

/** Creates the output to stderr. `stream` opens the stream of the process, which is used only if stderr is a socket, or a pipe that cannot be opened again. */
export function stderrOutput(stream: () => Writable): LogOutput {
  const stats = statOf(STDERR);
  if (stats?.isFIFO() || stats?.isCharacterDevice()) {
    // O_NONBLOCK on a descriptor of our own: on the inherited one it would affect every process that shares it.
    const own = reopen();
    if (own !== null) return descriptorOutput(own);
  }
  const isStream = stats === null || stats.isFIFO() || stats.isSocket();
  // A file is not opened again: the new descriptor would write from the beginning of the file.
  return isStream ? streamOutput(stream()) : descriptorOutput(STDERR);
}

/** Creates the output to an open file descriptor. A thread of the pool writes, one write at a time. */
function descriptorOutput(descriptor: number): LogOutput {
  return {
    write: (bytes, done) => write(descriptor, bytes, (error, written) => done(error ? codeOf(error) : null, written)),
    writeNow: (bytes) => {
      try {
        writeSync(descriptor, bytes);
      } catch {
        // The process is ending; the error cannot be reported.
      }
    },
  };
}

/** Creates the output to a stream. It writes only while the stream has nothing queued for a slow reader. */
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
