import type { Clock } from '../../core/clock.ts';

/** The time of the bus: hosts are judged by it, so a hub whose clock is wrong, or set, does not take them for silent. */
export class BusTime {
  readonly #clock: Clock;
  /** Time of the bus minus that of the monotonic clock; null before the bus said it. */
  #difference: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the present time of the bus, in Unix milliseconds. */
  set(now: number | null): void {
    if (now !== null) this.#difference = now - this.#clock.uptime();
  }

  /** Unix milliseconds. */
  now(): number {
    return this.#difference === null ? this.#clock.now() : this.#clock.uptime() + this.#difference;
  }
}
