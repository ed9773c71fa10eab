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

  /** Resolves after the next ring, or after `ms`; without `ms` only after a ring. Gives whether it was a ring. */
  async wait(ms: number | null = null): Promise<boolean> {
    if (this.#isSet) {
      this.#isSet = false;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = ms === null ? null : this.#clock.after(ms, () => resolve(false));
    this.#end = () => resolve(true);
    const isRung = await promise;
    this.#end = null;
    cancel?.();
    return isRung;
  }
}
