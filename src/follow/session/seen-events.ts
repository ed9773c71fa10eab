import type { FollowedEvent } from '../feed/feed-event.ts';

/** The id of an event of an exporter: the epoch of its store, and a number that only grows. */
const EVENT_ID = /^(\S+)-(\d{1,15})$/;

/** How many logs of exporters are remembered. The one that was silent for longest is forgotten first. */
const MOST_LOGS = 4_096;

/**
 * The newest event that was seen of each exporter of a fleet. If the log of the fleet goes back or is made anew, the exporters publish again what it
 * lost: those events come with new cursors, but with their own ids. The ids of an exporter only grow, and its events come in their order.
 *
 * An exporter is known by its name in the fleet, never by the epoch of its store alone: machines that were cloned have stores of the same epoch.
 */
export class SeenEvents {
  /** The number of the newest event of each log, by epoch and name; the log with the newest event last. */
  readonly #newest: Map<string, number>;

  constructor(newest: Iterable<readonly [string, number]> = []) {
    this.#newest = new Map(newest);
  }

  /** Whether an event was seen before. */
  has(event: FollowedEvent): boolean {
    const place = placeOf(event);
    return place !== null && place.number <= (this.#newest.get(place.key) ?? -1);
  }

  add(event: FollowedEvent): void {
    const place = placeOf(event);
    if (place === null) return;
    const newest = Math.max(place.number, this.#newest.get(place.key) ?? -1);
    this.#newest.delete(place.key);
    this.#newest.set(place.key, newest);
    if (this.#newest.size > MOST_LOGS) this.#newest.delete(this.#newest.keys().next().value ?? '');
  }

  clear(): void {
    this.#newest.clear();
  }

  /** Key and number of each log, for the saved state. */
  get entries(): readonly (readonly [string, number])[] {
    return [...this.#newest];
  }
}

interface Place {
  readonly key: string;
  readonly number: number;
}

function placeOf({ name, id }: FollowedEvent): Place | null {
  const [, epoch, digits] = EVENT_ID.exec(id ?? '') ?? [];
  return name === null || epoch === undefined ? null : { key: `${epoch} ${name}`, number: Number(digits) };
}
