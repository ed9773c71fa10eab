import { closeSync, constants, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Returns a mark that distinguishes a process from a later one with the same pid, such as its start time; null if there is no such process. */
export type MarkOf = (pid: number) => string | null;

/**
 * The shells that want notices. Each has created a file named by its pid in one folder. If that file is a FIFO, the shell reads
 * from it, and can be woken.
 */
export class ShellRoster {
  readonly #folder: string;
  readonly #markOf: MarkOf;
  readonly #marks = new Map<number, string>();

  constructor(folder: string, markOf: MarkOf) {
    this.#folder = folder;
    this.#markOf = markOf;
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
    const known = this.#marks.get(pid) ?? mark;
    this.#marks.set(pid, known);
    return known === mark;
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
