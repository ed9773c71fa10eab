/** Something with a place in a log. */
interface Placed {
  readonly seq: number;
}

/** The newest items of a log, by sequence. Sequences may have holes, so each is compared and none computed. */
export class EventRing<T extends Placed> {
  readonly #capacity: number;
  #items: T[] = [];
  /** Index of the oldest item, once the ring is full. */
  #start = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  get oldest(): T | undefined {
    return this.#items[this.#start];
  }

  get newest(): T | undefined {
    return this.#itemAt(this.size - 1);
  }

  /** Adds an item that is newer than all others. A full ring loses its oldest, and gives it. */
  push(item: T): T | undefined {
    if (this.size < this.#capacity) {
      this.#items.push(item);
      return undefined;
    }
    const lost = this.oldest;
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.#capacity;
    return lost;
  }

  /** The newest item whose sequence is at most `seq`. */
  upTo(seq: number): T | undefined {
    return this.#itemAt(this.#countUpTo(seq) - 1);
  }

  /** The items after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit: number): T[] {
    const items: T[] = [];
    for (let at = this.#countUpTo(seq); at < this.size && items.length < limit; at++) {
      const item = this.#itemAt(at);
      if (item) items.push(item);
    }
    return items;
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
  }

  /** The item that is younger than `index` others. */
  #itemAt(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[(this.#start + index) % this.size];
  }

  /** How many items have a sequence of at most `seq`. */
  #countUpTo(seq: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#itemAt(middle)?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
