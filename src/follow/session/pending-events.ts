interface Entry<T> {
  readonly id: string | null;
  readonly item: T | null;
  isDone: boolean;
}

/**
 * Keeps the order of what was received, so that the cursor never passes what is still being handled: with events handled side by side,
 * the third can be done before the first.
 */
export class PendingEvents<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #onSettled: (id: string | null, items: readonly T[]) => void;
  #wake: (() => void)[] = [];

  /** `onSettled` is told of the newest cursor up to which all is done, and of what was done for it, in order. */
  constructor(onSettled: (id: string | null, items: readonly T[]) => void) {
    this.#onSettled = onSettled;
  }

  /** How many entries wait for others, or are being handled. */
  get size(): number {
    return this.#entries.length;
  }

  /** Enters a cursor behind which nothing is to be done. */
  pass(id: string): void {
    this.#enter({ id, item: null, isDone: true });
  }

  /** Enters something to be handled; it is done when the returned function is called. */
  enter(id: string | null, item: T): () => void {
    const entry: Entry<T> = { id, item, isDone: false };
    this.#enter(entry);
    return () => {
      entry.isDone = true;
      this.#settle();
    };
  }

  /** Settles as soon as fewer than `count` entries are left. */
  async below(count: number): Promise<void> {
    while (this.#entries.length >= count) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }

  #enter(entry: Entry<T>): void {
    this.#entries.push(entry);
    this.#settle();
  }

  #settle(): void {
    const open = this.#entries.findIndex(({ isDone }) => !isDone);
    const settled = this.#entries.splice(0, open < 0 ? this.#entries.length : open);
    if (settled.length === 0) return;
    const id = settled.findLast((entry) => entry.id !== null)?.id ?? null;
    this.#onSettled(
      id,
      settled.flatMap(({ item }) => (item === null ? [] : [item])),
    );
    for (const wake of this.#wake.splice(0)) wake();
  }
}
