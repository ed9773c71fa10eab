import type { LoggedEvent } from './event-log.ts';

interface Slot {
  readonly seq: number;
  /** Null after its removal. */
  logged: LoggedEvent | null;
}

/** The kept events of a log by sequence. Any of the sequence may be missing. */
export class KeptEvents {
  #slots: Slot[] = [];
  /** Index of the oldest event: all slots before it were removed. */
  #start = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Sequence of the oldest event; undefined if there is none. */
  get oldest(): number | undefined {
    return this.#slots[this.#start]?.seq;
  }

  /** Adds an event that is newer than all others. */
  push(logged: LoggedEvent): void {
    this.#slots.push({ seq: logged.seq, logged });
    this.#size++;
  }

  has(seq: number): boolean {
    const slot = this.#slots[this.#indexAfter(seq - 1)];
    return slot?.seq === seq && slot.logged !== null;
  }

  /** Puts an event in place of the kept one with its sequence. */
  replace(logged: LoggedEvent): void {
    const slot = this.#slots[this.#indexAfter(logged.seq - 1)];
    if (slot?.seq === logged.seq && slot.logged !== null) slot.logged = logged;
  }

  remove(seq: number): void {
    const slot = this.#slots[this.#indexAfter(seq - 1)];
    if (slot?.seq !== seq || slot.logged === null) return;
    slot.logged = null;
    this.#size--;
    while (this.#slots[this.#start]?.logged === null) this.#start++;
    if (this.#size < this.#slots.length / 2) this.#dropRemoved();
  }

  /** The events after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit: number): LoggedEvent[] {
    const events: LoggedEvent[] = [];
    for (let at = this.#indexAfter(seq); at < this.#slots.length && events.length < limit; at++) {
      const logged = this.#slots[at]?.logged;
      if (logged) events.push(logged);
    }
    return events;
  }

  /** How many events there are after `seq`. */
  countAfter(seq: number): number {
    let count = 0;
    for (let at = this.#indexAfter(seq); at < this.#slots.length; at++) if (this.#slots[at]?.logged) count++;
    return count;
  }

  #dropRemoved(): void {
    this.#slots = this.#slots.filter(({ logged }) => logged !== null);
    this.#start = 0;
  }

  /** Index of the first slot after `seq`. */
  #indexAfter(seq: number): number {
    let low = this.#start;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#slots[middle]?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
