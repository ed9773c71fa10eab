import type { EventPlace } from '../connection/stream-answer.ts';

/** Histories that are remembered: one exporter has several over time. */
const MOST_HISTORIES = 50_000;

/** How far the history of each exporter was read in a log, in which it is in order. */
export class EventMarks {
  readonly #marks = new Map<string, number>();

  /** Moves the mark to an event. Gives whether it is new; otherwise it is in the log already. */
  take(name: string, { epoch, seq }: EventPlace): boolean {
    const key = `${name}:${epoch}`;
    const mark = this.#marks.get(key);
    if (mark !== undefined && seq <= mark) return false;
    if (mark === undefined && this.#marks.size >= MOST_HISTORIES) this.#forgetOldest();
    this.#marks.set(key, seq);
    return true;
  }

  clear(): void {
    this.#marks.clear();
  }

  #forgetOldest(): void {
    const [oldest] = this.#marks.keys();
    if (oldest !== undefined) this.#marks.delete(oldest);
  }
}
