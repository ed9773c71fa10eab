import type { Clock } from '../core/clock.ts';

/** The clocks of the machine, and a timer. */
export interface BusClock extends Clock {
  /** Runs `action` after `ms` and returns what cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** Something to wait for, with a time limit. A ring while nobody waits ends the next wait at once. */
export class Alarm {
  readonly #clock: BusClock;
  #isSet = false;
  #end: (() => void) | null = null;

  constructor(clock: BusClock) {
    this.#clock = clock;
  }

  /** Ends the present wait, or the next one. */
  ring(): void {
    if (this.#end) this.#end();
    else this.#isSet = true;
  }

  /** Resolves after the next ring, or after `ms`; without `ms` only after a ring. */
  async wait(ms: number | null = null): Promise<void> {
    if (this.#isSet) {
      this.#isSet = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = ms === null ? null : this.#clock.after(ms, resolve);
    this.#end = resolve;
    await promise;
    this.#end = null;
    cancel?.();
  }
}
