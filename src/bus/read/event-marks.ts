/** Histories that are remembered: one exporter has several over time. */
const MOST_HISTORIES = 50_000;

/** How far each history, `<name>:<epoch>`, was read in a log, in which it is in order. */
export class EventMarks {
  readonly #marks = new Map<string, number>();

  /** Moves the mark to an event. Gives whether it is new; otherwise it is in the log already. */
  take(history: string, seq: number): boolean {
    const mark = this.#marks.get(history);
    if (mark !== undefined && seq <= mark) return false;
    if (mark === undefined && this.#marks.size >= MOST_HISTORIES) this.#forgetOldest();
    this.#marks.set(history, seq);
    return true;
  }

  /** The newest sequence of a history; undefined if nothing of it is in the log. */
  newestOf(history: string): number | undefined {
    return this.#marks.get(history);
  }

  /** The newest sequence of each history. */
  entries(): Iterable<readonly [string, number]> {
    return this.#marks;
  }

  clear(): void {
    this.#marks.clear();
  }

  #forgetOldest(): void {
    const [oldest] = this.#marks.keys();
    if (oldest !== undefined) this.#marks.delete(oldest);
  }
}
