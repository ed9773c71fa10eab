import type { Clock } from '../core/clock.ts';

/** The limits of {@link Debts}. */
export interface DebtsOptions {
  /** Whoever owes more has to wait. */
  readonly most: number;
  /** How much of each debt is paid off per second. */
  readonly perSecond: number;
  readonly uptime: Clock['uptime'];
}

interface Debt {
  readonly amount: number;
  readonly at: number;
}

/** What each key owes for its work. Debts are paid off by time: a leaky bucket per key. */
export class Debts {
  readonly #options: DebtsOptions;
  /** In the order of their last change. */
  readonly #debts = new Map<string, Debt>();

  constructor(options: DebtsOptions) {
    this.#options = options;
  }

  /** The number of keys that may still owe something. */
  get size(): number {
    return this.#debts.size;
  }

  /** Adds to the debt of a key. */
  owe(key: string, price: number): void {
    const amount = this.#present(key) + price;
    this.#debts.delete(key);
    this.#debts.set(key, { amount, at: this.#options.uptime() });
    this.#forgetPaid();
  }

  /** How long a key has to wait before it may do more, in milliseconds; 0 if not at all. */
  waitMs(key: string): number {
    const { most, perSecond } = this.#options;
    return Math.ceil((Math.max(0, this.#present(key) - most) / perSecond) * 1_000);
  }

  #present(key: string): number {
    const debt = this.#debts.get(key);
    if (!debt) return 0;
    const paid = ((this.#options.uptime() - debt.at) / 1_000) * this.#options.perSecond;
    return Math.max(0, debt.amount - paid);
  }

  /** No debt is large, so what changed long ago is paid. */
  #forgetPaid(): void {
    for (const key of this.#debts.keys()) {
      if (this.#present(key) > 0) return;
      this.#debts.delete(key);
    }
  }
}
