import { type Clock, pause } from '../follow-clock.ts';

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

const SLICE_MS = 1_000;

/** Resolves after `ms`, as soon as `signal` is aborted, or if the machine was suspended meanwhile. */
export async function pauseAwake(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const suspension = new Suspension(clock);
  const until = clock.steady() + ms;
  for (let left = ms; left > 0 && !signal.aborted && !suspension.occurred(); left = until - clock.steady()) {
    await pause(clock, Math.min(left, SLICE_MS), signal);
  }
}
