/** Names whose histories are remembered. */
const MOST_NAMES = 10_000;
/** Histories that are remembered of one name. A restored or new store begins another one; a stolen key can invent any number. */
const MOST_OF_NAME = 8;

/** A history of events: that of one store of an exporter. */
export interface HistoryId {
  /** What the exporter is called in the fleet. */
  readonly name: string;
  readonly epoch: string;
}

/** A value for each history. If a name has too many, it loses its own oldest, never that of another name. */
export class Histories<T> {
  readonly #names = new Map<string, Map<string, T>>();

  get({ name, epoch }: HistoryId): T | undefined {
    return this.#names.get(name)?.get(epoch);
  }

  set({ name, epoch }: HistoryId, value: T): void {
    const own = this.#ofName(name);
    if (!own.has(epoch)) makeRoom(own, MOST_OF_NAME);
    own.set(epoch, value);
  }

  *entries(): Generator<readonly [HistoryId, T]> {
    for (const [name, own] of this.#names) for (const [epoch, value] of own) yield [{ name, epoch }, value];
  }

  clear(): void {
    this.#names.clear();
  }

  #ofName(name: string): Map<string, T> {
    const known = this.#names.get(name);
    if (known) return known;
    const own = new Map<string, T>();
    makeRoom(this.#names, MOST_NAMES);
    this.#names.set(name, own);
    return own;
  }
}

function makeRoom(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
}
