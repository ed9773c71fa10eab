import type { Clock } from '../clock.ts';
import { userOf } from '../model/name.ts';
import type { Death } from './record.ts';
import type { Tombstone } from './view.ts';

/** How many names keep their last death after they were reaped; the oldest of the user with the most go first. */
export const MAX_TOMBSTONES = 1000;

/** The clock of a graveyard, and the callbacks for its changes, which store them. */
export interface GraveyardOptions {
  readonly clock: Clock;
  readonly onKept: (tombstone: Tombstone) => void;
  readonly onForgotten: (name: string) => void;
}

/** The last deaths by name, oldest first. */
export class Graveyard {
  readonly #options: GraveyardOptions;
  readonly #tombstones = new Map<string, Tombstone>();
  /** Since when each name lingers, by the monotonic clock. */
  readonly #lingeringSince = new Map<string, number>();

  constructor(options: GraveyardOptions) {
    this.#options = options;
  }

  get(name: string): Tombstone | undefined {
    return this.#tombstones.get(name);
  }

  list(): readonly Tombstone[] {
    return [...this.#tombstones.values()];
  }

  /** Restores what was stored. A death that seems to lie in the future lingers from now on. */
  restore(tombstones: readonly Tombstone[]): void {
    const { clock } = this.#options;
    for (const { death, ...rest } of tombstones) {
      // Version 0.1 stored deaths without a cause.
      const kept = { ...rest, death: { ...death, cause: death.cause ?? 'unknown' } };
      this.#tombstones.set(kept.name, kept);
      const lingeredMs = Math.max(0, clock.now() - death.at);
      if (kept.lingering) this.#lingeringSince.set(kept.name, clock.uptime() - lingeredMs);
    }
  }

  /** Keeps a death; of too many names the oldest that is not `isSpared` is forgotten, of the user with the most. */
  bury(name: string, death: Death, incident: string | null, isSpared: (name: string) => boolean): void {
    const before = this.#tombstones.get(name)?.deaths ?? {};
    this.#tombstones.delete(name);
    const deaths = { ...before, [death.reason]: (before[death.reason] ?? 0) + 1 };
    this.#lingeringSince.set(name, this.#options.clock.uptime());
    this.#keep({ name, death, deaths, incident, lingering: true });
    if (this.#tombstones.size > MAX_TOMBSTONES) this.#forgetOne(isSpared);
  }

  /** Ends the incident of a name, because its server is alive again. */
  closeIncident(name: string): void {
    const tombstone = this.#tombstones.get(name);
    if (tombstone && tombstone.incident !== null) this.#keep({ ...tombstone, incident: null });
  }

  /** Ends the lingering of names that died at least `lingerMs` ago. */
  endLingering(lingerMs: number): void {
    const uptime = this.#options.clock.uptime();
    for (const [name, since] of [...this.#lingeringSince]) {
      if (uptime - since < lingerMs) continue;
      this.#lingeringSince.delete(name);
      const tombstone = this.#tombstones.get(name);
      if (tombstone) this.#keep({ ...tombstone, lingering: false });
    }
  }

  /** Drops a name and all its deaths. */
  forget(name: string): void {
    this.#lingeringSince.delete(name);
    if (this.#tombstones.delete(name)) this.#options.onForgotten(name);
  }

  /** Of the user with the most: nobody's deaths push out those of another. */
  #forgetOne(isSpared: (name: string) => boolean): void {
    const byUser = new Map<string, string[]>();
    for (const name of this.#tombstones.keys()) {
      if (isSpared(name)) continue;
      const names = byUser.get(userOf(name));
      if (names) names.push(name);
      else byUser.set(userOf(name), [name]);
    }
    const most = [...byUser.values()].reduce<readonly string[]>((a, b) => (b.length > a.length ? b : a), []);
    const [oldest] = most;
    if (oldest !== undefined) this.forget(oldest);
  }

  #keep(tombstone: Tombstone): void {
    this.#tombstones.set(tombstone.name, tombstone);
    this.#options.onKept(tombstone);
  }
}
