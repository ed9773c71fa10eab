import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FileReading, ReadFile } from '../core/file.ts';

/** Longest time to read a file, in milliseconds. */
const DEADLINE_MS = 2_000;

/** Most files that are read at the same time. A hanging file blocks a thread of the pool that polls and the log use too, so most threads must stay free. */
const MOST_AT_ONCE = 2;

/** Without these flags, opening a FIFO would wait for its writer, and a terminal would become the daemon's controlling terminal. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** How much is read at once. */
const CHUNK_BYTES = 16_384;

interface Job {
  readonly path: string;
  readonly mostBytes: number;
  readonly resolve: (reading: FileReading) => void;
}

/** Reads small files such as configurations and secrets. A file on a file system that does not answer fails at its deadline, and keeps failing at once until the file system answers. */
export class FileReader {
  readonly #readNow: ReadFile;
  readonly #deadlineMs: number;
  /** Jobs that wait for their turn. */
  #queue: Job[] = [];
  readonly #underWay = new Set<Job>();
  /** Running jobs whose deadline has passed. */
  readonly #hanging = new Set<Job>();

  /** `readNow` and `deadlineMs` are replaced in tests. */
  constructor(readNow: ReadFile = readRegularFile, deadlineMs = DEADLINE_MS) {
    this.#readNow = readNow;
    this.#deadlineMs = deadlineMs;
  }

  /** See {@link ReadFile}. */
  readonly read: ReadFile = async (path, mostBytes) => {
    if (this.#hangingPaths.includes(path)) return this.#late(path);
    const { promise, resolve } = Promise.withResolvers<FileReading>();
    const job = { path, mostBytes, resolve };
    this.#queue.push(job);
    const deadline = setTimeout(() => this.#giveUp(job), this.#deadlineMs);
    this.#next();
    return promise.finally(() => clearTimeout(deadline));
  };

  get #hangingPaths(): readonly string[] {
    return [...this.#hanging].map(({ path }) => path);
  }

  #next(): void {
    while (this.#underWay.size < MOST_AT_ONCE) {
      const job = this.#queue.shift();
      if (!job) return;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    this.#underWay.add(job);
    const reading = await this.#readNow(job.path, job.mostBytes);
    this.#underWay.delete(job);
    this.#hanging.delete(job);
    job.resolve(reading);
    this.#next();
  }

  #giveUp(job: Job): void {
    this.#queue = this.#queue.filter((other) => other !== job);
    if (this.#underWay.has(job)) this.#hanging.add(job);
    job.resolve(this.#late(job.path));
  }

  #late(path: string): FileReading {
    const others = this.#hangingPaths.filter((other) => other !== path);
    const isCause = this.#hangingPaths.includes(path) || others.length === 0;
    const cause = isCause ? 'its file system does not answer' : `${others.join(' and ')} hang`;
    return { kind: 'unreadable', problem: `was not read within ${this.#deadlineMs} ms: ${cause}` };
  }
}

/** Reads a regular file now. A file system that does not answer can still delay it. */
async function readRegularFile(path: string, mostBytes: number): Promise<FileReading> {
  try {
    const file = await open(path, FLAGS);
    try {
      return await contentOf(file, mostBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'unreadable', problem: `cannot be read (${codeOf(error)})` };
  }
}

async function contentOf(file: FileHandle, mostBytes: number): Promise<FileReading> {
  const stats = await file.stat();
  if (!stats.isFile()) return { kind: 'unreadable', problem: 'is not a regular file' };
  const tooLarge: FileReading = { kind: 'unreadable', problem: `is larger than ${mostBytes} bytes` };
  if (stats.size > mostBytes) return tooLarge;
  // A read may give less than there is: files in /proc give a page at a time, and say that their size is 0.
  const chunks: Buffer[] = [];
  for (let length = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
    if (bytesRead === 0) return { kind: 'read', text: Buffer.concat(chunks).toString('utf8'), mode: stats.mode };
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > mostBytes) return tooLarge;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? 'unknown error';
}
