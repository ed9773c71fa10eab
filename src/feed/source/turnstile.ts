/** Lets a few tasks run at a time; the others wait for their turn, in order. */
export class Turnstile {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** Runs a task when it is its turn. A task that `isWanted` says nobody waits for any more is left out, with the result null. */
  async run<T>(task: () => Promise<T>, isWanted: () => boolean): Promise<T | null> {
    if (this.#running === this.#places) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return isWanted() ? await task() : null;
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
