/** The clocks of the machine, in milliseconds. */
export interface Clock {
  /** Unix time, for what people read. It can be set in either direction at any moment. */
  now(): number;
  /** Time since some fixed moment, for waits and ages. It never steps, and goes on while the machine is suspended. */
  uptime(): number;
}

/** The smallest step by which the wall clock counts as set. Smaller ones are adjustments. */
export const LEAST_STEP_MS = 2_000;

/** Detects that the wall clock was set, so that stored wall times can be moved by the same step. */
export class ClockSteps {
  readonly #clock: Clock;
  #difference: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#difference = clock.now() - clock.uptime();
  }

  /** The step by which the wall clock was set since the last call, in milliseconds; 0 if it was not set. */
  take(): number {
    const step = Math.round(this.#clock.now() - this.#clock.uptime() - this.#difference);
    if (Math.abs(step) < LEAST_STEP_MS) return 0;
    this.#difference += step;
    return step;
  }
}
