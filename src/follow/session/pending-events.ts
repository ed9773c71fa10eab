interface Entry<T> {
  readonly id: string | null;
  readonly item: T | null;
  isDone: boolean;
}

/**
 * Keeps received events in order, so that the cursor never passes an event that is still being handled. Events are handled in parallel, so
 * the third can be done before the first.
 */
export class PendingEvents<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #onDone: (id: string | null, items: readonly T[]) => void;
  #wake: (() => void)[] = [];

  /** `onDone` is called with the newest cursor up to which everything is done, and with the items that are newly done, in order. */
  constructor(onDone: (id: string | null, items: readonly T[]) => void) {
    this.#onDone = onDone;
  }

  /** The number of entries that wait for others or are being handled. */
  get size(): number {
    return this.#entries.length;
  }

  /** Adds a cursor without anything to handle. */
  pass(id: string): void {
    this.#enter({ id, item: null, isDone: true });
  }

  /** Adds an item to handle. It is done when the returned function is called. */
  enter(id: string | null, item: T): () => void {
    const entry: Entry<T> = { id, item, isDone: false };
    this.#enter(entry);
    return () => {
      entry.isDone = true;
      this.#advance();
    };
  }

  /** Resolves as soon as fewer than `count` entries are left. */
  async below(count: number): Promise<void> {
    while (this.#entries.length >= count) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }

  #enter(entry: Entry<T>): void {
    this.#entries.push(entry);
    this.#advance();
  }

  #advance(): void {
    const open = this.#entries.findIndex(({ isDone }) => !isDone);
    const done = this.#entries.splice(0, open < 0 ? this.#entries.length : open);
    if (done.length === 0) return;
    const id = done.findLast((entry) => entry.id !== null)?.id ?? null;
    this.#onDone(
      id,
      done.flatMap(({ item }) => (item === null ? [] : [item])),
    );
    for (const wake of this.#wake.splice(0)) wake();
  }
}
