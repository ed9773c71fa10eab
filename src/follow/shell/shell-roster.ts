import { closeSync, constants, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Returns a mark that distinguishes a process from a later one with the same pid, such as its start time; null if there is no such process. */
export type MarkOf = (pid: number) => string | null;

/** Returns when a process started, in Unix milliseconds by the present clock; null if that is not known. */
export type StartOf = (pid: number) => number | null;

/** A process that started this much later than its registration was made is another one. Clocks step, so it is not less. */
const STALE_MS = 60_000;

/**
 * The shells that want notices. Each has created a file named by its pid in one folder. If that file is a FIFO, the shell reads
 * from it, and can be woken.
 */
export class ShellRoster {
  readonly #folder: string;
  readonly #markOf: MarkOf;
  readonly #startOf: StartOf;
  readonly #marks = new Map<number, string>();

  constructor(folder: string, markOf: MarkOf, startOf: StartOf) {
    this.#folder = folder;
    this.#markOf = markOf;
    this.#startOf = startOf;
  }

  /** Removes the shells that have ended, even if they could not sign off, and returns the number of the others. */
  sweep(): number {
    const pids = this.#registered();
    const living = pids.filter((pid) => this.#isAlive(pid));
    for (const pid of pids) if (!living.includes(pid)) this.#remove(pid);
    return living.length;
  }

  /** Wakes the shells that have a FIFO. */
  wake(): void {
    for (const pid of this.#registered()) wakeFifo(join(this.#folder, String(pid)));
  }

  #registered(): number[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
    } catch {
      return [];
    }
  }

  #isAlive(pid: number): boolean {
    const mark = this.#markOf(pid);
    if (mark === null) return false;
    const known = this.#marks.get(pid);
    if (known !== undefined) return known === mark;
    if (this.#isStale(pid)) return false;
    this.#marks.set(pid, mark);
    return true;
  }

  /** Whether a registration is of an earlier process with the same pid: a shell cannot sign off if the machine goes down. */
  #isStale(pid: number): boolean {
    const registeredAt = lstatSync(join(this.#folder, String(pid)), { throwIfNoEntry: false })?.mtimeMs;
    const startedAt = this.#startOf(pid);
    return registeredAt !== undefined && startedAt !== null && startedAt > registeredAt + STALE_MS;
  }

  #remove(pid: number): void {
    this.#marks.delete(pid);
    rmSync(join(this.#folder, String(pid)), { force: true });
  }
}

/** Writes one byte, unless the FIFO has no reader or is full. */
function wakeFifo(path: string): void {
  try {
    if (!lstatSync(path).isFIFO()) return;
    const fifo = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(fifo, '\n');
    } finally {
      closeSync(fifo);
    }
  } catch {
    // The shell has ended, or has not opened the FIFO yet: then it checks before its next prompt.
  }
}
