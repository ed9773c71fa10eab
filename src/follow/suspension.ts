import type { Clock } from './clock.ts';

/** How far wall time may run ahead of steady time before it counts: setting the clock by a little is nothing. */
const JUMP_MS = 10_000;

/** Notices that the machine was suspended: wall time went on meanwhile, steady time did not. Setting the clock far looks the same and does no harm. */
export class Suspension {
  readonly #clock: Clock;
  #difference: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#difference = clock.now() - clock.steady();
  }

  /** Whether the machine was suspended since this was last asked. */
  occurred(): boolean {
    const difference = this.#clock.now() - this.#clock.steady();
    const jumped = Math.abs(difference - this.#difference) > JUMP_MS;
    this.#difference = difference;
    return jumped;
  }
}
