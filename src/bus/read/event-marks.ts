import { Histories } from './histories.ts';

/** How far each history, `<name>:<epoch>`, was read in a log, in which it is in order. */
export class EventMarks {
  readonly #marks = new Histories<number>();

  /** Moves the mark to an event. Gives whether it is new; otherwise it is in the log already. */
  take(history: string, seq: number): boolean {
    const mark = this.#marks.get(history);
    if (mark !== undefined && seq <= mark) return false;
    this.#marks.set(history, seq);
    return true;
  }

  /** The newest sequence of a history; undefined if nothing of it is in the log. */
  newestOf(history: string): number | undefined {
    return this.#marks.get(history);
  }

  /** The newest sequence of each history. */
  entries(): Iterable<readonly [string, number]> {
    return this.#marks.entries();
  }

  clear(): void {
    this.#marks.clear();
  }
}
