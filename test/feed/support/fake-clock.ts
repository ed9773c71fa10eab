import type { Clock } from '../../../src/feed/feed-clock.ts';

interface Timer {
  at: number;
  readonly everyMs: number | null;
  readonly task: () => void;
}

/** A clock that only moves when it is advanced. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #elapsed = 0;
  #steppedMs = 0;

  now(): number {
    return Date.UTC(2026, 0, 2, 3, 4, 5) + this.#elapsed + this.#steppedMs;
  }

  /** Sets the wall clock, forward or back. */
  step(ms: number): void {
    this.#steppedMs += ms;
  }

  steady(): number {
    return this.#elapsed;
  }

  every(ms: number, task: () => void): () => void {
    return this.#add({ at: this.#elapsed + ms, everyMs: ms, task });
  }

  after(ms: number, task: () => void): () => void {
    return this.#add({ at: this.#elapsed + ms, everyMs: null, task });
  }

  /** Timers that are still set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass and runs what falls due, each timer at its own moment. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (let timer = this.#due(end); timer; timer = this.#due(end)) {
      this.#elapsed = timer.at;
      if (timer.everyMs === null) this.#timers.delete(timer);
      else timer.at += timer.everyMs;
      timer.task();
    }
    this.#elapsed = end;
  }

  #due(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
