import type { Tombstone } from './fleet.ts';
import type { Death } from './record.ts';

/** How many names keep their last death after they were reaped; the oldest go first. */
export const MAX_TOMBSTONES = 1000;

/** Told of every change, so that it can be stored. */
export interface GraveyardObserver {
  readonly onKept: (tombstone: Tombstone) => void;
  readonly onForgotten: (name: string) => void;
}

/** The names that died, the oldest death first. */
export class Graveyard {
  readonly #observer: GraveyardObserver;
  readonly #tombstones = new Map<string, Tombstone>();

  constructor(observer: GraveyardObserver) {
    this.#observer = observer;
  }

  get(name: string): Tombstone | undefined {
    return this.#tombstones.get(name);
  }

  list(): readonly Tombstone[] {
    return [...this.#tombstones.values()];
  }

  /** Puts back what was kept. */
  restore(tombstones: readonly Tombstone[]): void {
    for (const { death, ...rest } of tombstones) {
      // Deaths that were stored by version 0.1 have no cause.
      const kept = { ...rest, death: { ...death, cause: death.cause ?? 'unknown' } };
      this.#tombstones.set(kept.name, kept);
    }
  }

  /** Keeps a death; of too many names the oldest that is not `isSpared` is forgotten. */
  bury(name: string, death: Death, incident: string | null, isSpared: (name: string) => boolean): void {
    const before = this.#tombstones.get(name)?.deaths ?? {};
    this.#tombstones.delete(name);
    const deaths = { ...before, [death.reason]: (before[death.reason] ?? 0) + 1 };
    this.#keep({ name, death, deaths, incident, lingering: true });
    for (const [old] of this.#tombstones) {
      if (this.#tombstones.size <= MAX_TOMBSTONES) return;
      if (!isSpared(old)) this.forget(old);
    }
  }

  /** The incident of a name is over: it lives again. */
  closeIncident(name: string): void {
    const tombstone = this.#tombstones.get(name);
    if (tombstone && tombstone.incident !== null) this.#keep({ ...tombstone, incident: null });
  }

  /** Ends the lingering of names that died before `diedBefore`, Unix milliseconds. */
  endLingering(diedBefore: number): void {
    for (const tombstone of this.list()) {
      if (tombstone.lingering && tombstone.death.at <= diedBefore) this.#keep({ ...tombstone, lingering: false });
    }
  }

  /** Forgets a name with all its deaths. */
  forget(name: string): void {
    if (this.#tombstones.delete(name)) this.#observer.onForgotten(name);
  }

  #keep(tombstone: Tombstone): void {
    this.#tombstones.set(tombstone.name, tombstone);
    this.#observer.onKept(tombstone);
  }
}
