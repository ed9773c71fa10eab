import type { EventPlace } from '../connection/stream-answer.ts';

/** Histories that are remembered: one exporter has several over time. */
const MOST_HISTORIES = 50_000;

/** How far the history of each exporter was read. */
export class EventMarks {
  readonly #marks = new Map<string, number>();

  /** Moves the mark to an event. Gives how many events of its history it jumped over; -1 if the event was read before. */
  take(name: string, { epoch, seq }: EventPlace): number {
    const key = keyOf(name, epoch);
    const mark = this.#marks.get(key);
    if (mark !== undefined && seq <= mark) return -1;
    if (mark === undefined && this.#marks.size >= MOST_HISTORIES) this.#forgetOldest();
    this.#marks.set(key, seq);
    return mark === undefined ? 0 : seq - mark - 1;
  }

  /** Sequence of the newest event that was read of a history; undefined if there is none. */
  of(name: string, epoch: string): number | undefined {
    return this.#marks.get(keyOf(name, epoch));
  }

  clear(): void {
    this.#marks.clear();
  }

  #forgetOldest(): void {
    const [oldest] = this.#marks.keys();
    if (oldest !== undefined) this.#marks.delete(oldest);
  }
}

function keyOf(name: string, epoch: string): string {
  return `${name}:${epoch}`;
}
