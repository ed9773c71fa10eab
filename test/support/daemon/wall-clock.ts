import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PRELOADED = fileURLToPath(new URL('stepped-date.ts', import.meta.url));

/** The wall clock of a process that was started with `env`; its monotonic clock and its timers are the machine's. */
export class WallClock {
  readonly env: NodeJS.ProcessEnv;
  readonly #file: string;

  /** Keeps in `file` by how much the clock is wrong. */
  constructor(file: string) {
    this.#file = file;
    this.env = { NODE_OPTIONS: `--import=${PRELOADED}`, WALL_CLOCK_STEP: file };
    this.set(0);
  }

  /** Sets it to the machine's time and `ms` more or less. */
  set(ms: number): void {
    writeFileSync(`${this.#file}.new`, String(ms));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
