import type { Clock } from '../follow-clock.ts';

/** How far the uptime may run ahead of steady time before it counts: on some platforms it is as coarse as a second. */
const JUMP_MS = 10_000;

/** Notices that the machine was suspended: the uptime went on meanwhile, steady time did not. */
export class Suspension {
  readonly #clock: Clock;
  #difference: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#difference = clock.uptime() - clock.steady();
  }

  /** Whether the machine was suspended since this was last asked. */
  occurred(): boolean {
    const difference = this.#clock.uptime() - this.#clock.steady();
    const jumped = difference - this.#difference > JUMP_MS;
    this.#difference = difference;
    return jumped;
  }
}
