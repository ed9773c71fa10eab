import type { Clock } from '../../core/clock.ts';

/** The time of the bus. It decides whether a host is silent, and how old an event is. So it does no harm if the clock of a hub is wrong, or is set. */
export class BusTime {
  readonly #clock: Clock;
  /** Time of the bus minus that of the monotonic clock; null before the bus said it. */
  #difference: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the present time of the bus, in Unix milliseconds. */
  set(now: number): void {
    this.#difference = now - this.#clock.uptime();
  }

  /** The time of the bus at a moment of the monotonic clock, in Unix milliseconds. */
  at(uptime: number): number {
    return uptime + (this.#difference ?? this.#clock.now() - this.#clock.uptime());
  }
}
