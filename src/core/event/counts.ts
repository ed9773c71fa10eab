/** Counts by key that know which key has the highest one, in constant time. */
export class Counts {
  readonly #countOf = new Map<string, number>();
  /** Of equal keys, the one that has had its count the longest comes first. */
  readonly #keysWith = new Map<number, Set<string>>();
  #highest = 0;

  /** The key with the highest count; undefined if nothing is counted. */
  get fullest(): string | undefined {
    return this.#keysWith.get(this.#highest)?.values().next().value;
  }

  of(key: string): number {
    return this.#countOf.get(key) ?? 0;
  }

  increase(key: string): void {
    const count = this.of(key) + 1;
    this.#move(key, count);
    this.#highest = Math.max(this.#highest, count);
  }

  decrease(key: string): void {
    this.#move(key, this.of(key) - 1);
    // One less than the highest count is the highest now, if no other key had it.
    if (!this.#keysWith.has(this.#highest)) this.#highest--;
  }

  #move(key: string, count: number): void {
    const before = this.of(key);
    const peers = this.#keysWith.get(before);
    peers?.delete(key);
    if (peers?.size === 0) this.#keysWith.delete(before);
    if (count === 0) this.#countOf.delete(key);
    else this.#countOf.set(key, count);
    if (count > 0) this.#keysWith.set(count, (this.#keysWith.get(count) ?? new Set()).add(key));
  }
}
