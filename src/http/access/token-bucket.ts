import type { RequestRate } from './policy.ts';

/** Lets requests through at a rate: `burst` at once, then one for every interval. */
export class TokenBucket {
  readonly #rate: RequestRate;
  readonly #nowMs: () => number;
  #tokens: number;
  #at: number;

  /** `nowMs` is a clock that never steps. */
  constructor(rate: RequestRate, nowMs: () => number) {
    this.#rate = rate;
    this.#nowMs = nowMs;
    this.#tokens = rate.burst;
    this.#at = nowMs();
  }

  /** Whether one more may pass now. */
  take(): boolean {
    const { burst, intervalMs } = this.#rate;
    const now = this.#nowMs();
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#at) / intervalMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
