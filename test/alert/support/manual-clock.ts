import type { Clock } from '../../../src/alert/delivery/alert-clock.ts';

/** A clock that only moves when a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #uptime = 0;
  readonly #tasks = new Map<() => void, number>();

  constructor(now = Date.UTC(2026, 2, 1, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  uptime(): number {
    return this.#uptime;
  }

  /** Sets the wall clock, forward or back. */
  step(ms: number): void {
    this.#now += ms;
  }

  after(ms: number, task: () => void): () => void {
    const once = () => task();
    this.#tasks.set(once, this.#uptime + ms);
    return () => void this.#tasks.delete(once);
  }

  /** Advances, task by task in the order of their times. Pending promises settle between two tasks. */
  async advance(ms: number): Promise<void> {
    const end = this.#uptime + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [task, at] = next;
      this.#tasks.delete(task);
      this.#pass(Math.max(0, at - this.#uptime));
      task();
      await settled();
    }
    this.#pass(end - this.#uptime);
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#uptime += ms;
  }

  #next(end: number): [() => void, number] | undefined {
    return [...this.#tasks].filter(([, at]) => at <= end).toSorted(([, a], [, b]) => a - b)[0];
  }
}

/** Settles when everything is done that waits for nothing outside the process. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
