import { Histories, type HistoryId } from './histories.ts';

/** How far each history was read in a log, in which it is in order. */
export class EventMarks {
  readonly #marks = new Histories<{ seq: number }>();

  /** Moves the mark to an event. Gives whether it is new; otherwise it is in the log already. */
  take(history: HistoryId, seq: number): boolean {
    const mark = this.#marks.get(history);
    if (!mark) this.#marks.set(history, { seq });
    else if (seq <= mark.seq) return false;
    else mark.seq = seq;
    return true;
  }

  /** The newest sequence of a history; undefined if nothing of it is in the log. */
  newestOf(history: HistoryId): number | undefined {
    return this.#marks.get(history)?.seq;
  }

  /** The newest sequence of each history. */
  *entries(): Generator<readonly [HistoryId, number]> {
    for (const [history, { seq }] of this.#marks.entries()) yield [history, seq];
  }

  clear(): void {
    this.#marks.clear();
  }
}
