/** Runs at most `width` tasks at a time, in the order given. */
export class Lane {
  readonly #width: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Runs `task` as soon as there is room, and settles with its result. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => task().then(resolve, reject));
      this.#next();
    });
  }

  #next(): void {
    if (this.#running >= this.#width) return;
    const task = this.#waiting.shift();
    if (!task) return;
    this.#running++;
    void task().finally(() => {
      this.#running--;
      this.#next();
    });
  }
}
