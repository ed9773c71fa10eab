import type { Clock } from '../../../src/alert/clock.ts';

/** A clock that only moves when a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  readonly #tasks = new Map<() => void, number>();

  constructor(now = Date.UTC(2026, 2, 1, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const once = () => task();
    this.#tasks.set(once, this.#now + ms);
    return () => void this.#tasks.delete(once);
  }

  /** Moves on, task by task in the order of their times; between two of them everything that is pending settles. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [task, at] = next;
      this.#tasks.delete(task);
      this.#now = Math.max(this.#now, at);
      task();
      await settled();
    }
    this.#now = end;
  }

  #next(end: number): [() => void, number] | undefined {
    return [...this.#tasks].filter(([, at]) => at <= end).toSorted(([, a], [, b]) => a - b)[0];
  }
}

/** Settles when all that waits for nothing outside of the process is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
