import type { Clock } from '../../../src/core/clock.ts';

/** A clock that nobody sets: its time goes as `now` says. */
export function unsetClock(now: () => number): Clock {
  return { now, uptime: now };
}

/** A clock that moves, and is set, only by a test. */
export class FakeClock implements Clock {
  #now: number;
  #uptime = 1_000;

  constructor(now = Date.UTC(2026, 2, 1, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  uptime(): number {
    return this.#uptime;
  }

  /** Lets time go by. */
  pass(ms: number): void {
    this.#now += ms;
    this.#uptime += ms;
  }

  /** Sets the wall clock, forward or back. */
  step(ms: number): void {
    this.#now += ms;
  }
}
