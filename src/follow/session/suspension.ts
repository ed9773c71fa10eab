import type { Clock } from '../follow-clock.ts';

/** How far the uptime may get ahead of the steady clock; on some platforms it is only exact to a second. */
const JUMP_MS = 10_000;

/** Detects that the machine was suspended: the uptime went on meanwhile, the steady clock did not. */
export class Suspension {
  readonly #clock: Clock;
  #difference: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#difference = clock.uptime() - clock.steady();
  }

  /** Whether the machine was suspended since the last call. */
  occurred(): boolean {
    const difference = this.#clock.uptime() - this.#clock.steady();
    const jumped = difference - this.#difference > JUMP_MS;
    this.#difference = difference;
    return jumped;
  }
}
