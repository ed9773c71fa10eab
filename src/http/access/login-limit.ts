/** The most failed logins of a client, and how long each counts, in milliseconds. */
const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;

/** The most clients that are remembered. */
const MOST_CLIENTS = 1_000;

interface Failures {
  count: number;
  /** Until when they count. */
  readonly endsAt: number;
}

/** Counts failed logins per client, which is a word of any form. */
export class LoginLimit {
  readonly #nowMs: () => number;
  /** The oldest first. */
  readonly #failures = new Map<string, Failures>();

  /** `nowMs` is a clock that never steps. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How long a client must wait before its next try, in milliseconds; 0 if it need not. */
  waitMs(client: string): number {
    const failures = this.#failures.get(client);
    if (!failures || failures.count < MOST_FAILURES) return 0;
    return Math.max(0, failures.endsAt - this.#nowMs());
  }

  failed(client: string): void {
    const now = this.#nowMs();
    const failures = this.#failures.get(client);
    if (failures && failures.endsAt > now) {
      failures.count++;
      return;
    }
    this.#failures.delete(client);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MOST_CLIENTS && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(client, { count: 1, endsAt: now + WINDOW_MS });
  }
}
