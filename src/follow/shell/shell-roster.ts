import { closeSync, constants, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What tells a process from a later one with its pid, such as its start time; null where there is no such process. */
export type MarkOf = (pid: number) => string | null;

/**
 * The shells that want notices: each left a file with its pid for a name in one folder. Where that file is a FIFO, its shell waits at the
 * other end and is woken.
 */
export class ShellRoster {
  readonly #folder: string;
  readonly #markOf: MarkOf;
  readonly #marks = new Map<number, string>();

  constructor(folder: string, markOf: MarkOf) {
    this.#folder = folder;
    this.#markOf = markOf;
  }

  /** Strikes off the shells that have ended, also those that could not say so, and gives the number of the others. */
  sweep(): number {
    const pids = this.#registered();
    const living = pids.filter((pid) => this.#isAlive(pid));
    for (const pid of pids) if (!living.includes(pid)) this.#strikeOff(pid);
    return living.length;
  }

  /** Wakes the shells that can be woken. */
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

  #strikeOff(pid: number): void {
    this.#marks.delete(pid);
    rmSync(join(this.#folder, String(pid)), { force: true });
  }
}

/** Writes one byte, unless nobody reads, or enough is unread. */
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
    // Its shell has ended, or has not opened it yet: it looks before its next prompt.
  }
}
