import { closeSync, openSync, readSync, statfsSync } from 'node:fs';

/** The file system type of a real /proc (PROC_SUPER_MAGIC). lxcfs mounts its own `loadavg` over it, which is some seconds old. */
const PROCFS = 0x9fa0;

/** `0.00 0.01 0.05 1/234 5678`: running threads, all threads, newest pid (proc(5)). */
const COUNTS = /\/(\d+ [1-9]\d*)\n$/;

/** Detects whether any process or thread of the machine began or ended, with one read of `/proc/loadavg`: a new one changes the newest pid, an end the number of threads. */
export class ProcessTurnover {
  readonly #buffer = Buffer.allocUnsafe(128);
  #descriptor: number | null;
  #counts = '';

  /** `isExact` says whether the file is the kernel's own; if not, every call reports a change. */
  constructor(path: string, isExact = isOfKernel(path)) {
    this.#descriptor = isExact ? orNull(() => openSync(path, 'r')) : null;
  }

  /** Whether a process may have begun or ended since the last call; true if unknown, as when the file cannot be read. */
  hasChanged(): boolean {
    const counts = this.#read();
    const isSame = counts !== '' && counts === this.#counts;
    this.#counts = counts;
    return !isSame;
  }

  /** Closes the file: every later call reports a change. */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #read(): string {
    const descriptor = this.#descriptor;
    if (descriptor === null) return '';
    const length = orNull(() => readSync(descriptor, this.#buffer, 0, this.#buffer.length, 0)) ?? 0;
    return COUNTS.exec(this.#buffer.toString('latin1', 0, length))?.[1] ?? '';
  }
}

function isOfKernel(path: string): boolean {
  return orNull(() => statfsSync(path).type) === PROCFS;
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
