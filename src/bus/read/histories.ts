/** Names whose histories are remembered. */
const MOST_NAMES = 10_000;
/** Histories that are remembered of one name. A restored or new store begins another one; a stolen key can invent any number. */
const MOST_OF_NAME = 8;

/** A value for each history, `<name>:<epoch>`. If a name has too many, it loses its own oldest, never that of another name. */
export class Histories<T> {
  readonly #names = new Map<string, Map<string, T>>();

  get(history: string): T | undefined {
    return this.#names.get(nameOf(history))?.get(history);
  }

  set(history: string, value: T): void {
    const own = this.#ofName(nameOf(history));
    if (!own.has(history)) makeRoom(own, MOST_OF_NAME);
    own.set(history, value);
  }

  *entries(): Generator<readonly [string, T]> {
    for (const own of this.#names.values()) yield* own;
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

function nameOf(history: string): string {
  return history.slice(0, history.indexOf(':'));
}

function makeRoom(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
}
