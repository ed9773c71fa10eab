/** The clocks of the machine, in milliseconds. */
export interface Clock {
  /** Unix time, for what people are told. Anybody may set it in either direction at any moment. */
  now(): number;
  /** Time since some fixed moment, for waits and ages. It never steps, and goes on while the machine is suspended. */
  uptime(): number;
}

/** The wall clock counts as set if it moved by this much; below that it is only adjusted. */
export const LEAST_STEP_MS = 2_000;

/** Notices that the wall clock was set, so that what is kept in wall time can be moved along with it. */
export class ClockSteps {
  readonly #clock: Clock;
  #difference: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#difference = clock.now() - clock.uptime();
  }

  /** By how much the wall clock was set since this was last asked, in milliseconds; 0 if it was not. */
  take(): number {
    const step = Math.round(this.#clock.now() - this.#clock.uptime() - this.#difference);
    if (Math.abs(step) < LEAST_STEP_MS) return 0;
    this.#difference += step;
    return step;
  }
}
