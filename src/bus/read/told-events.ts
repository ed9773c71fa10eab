import { Histories, type HistoryId } from './histories.ts';

/** Ranges of one history that are remembered. The events of others count as told. */
const MOST_HOLES = 100;

type Hole = readonly [number, number];

interface Told {
  /** The newest event that was told. */
  mark: number;
  /** Ranges of older events that were not told, as first and last of each; those that were made last come last. */
  holes: readonly Hole[];
}

/** Remembers which events of each history were told. If a log goes back, it is read once more. Then an event that was told must not be told again, and an event that was jumped over must be told. */
export class ToldEvents {
  readonly #histories = new Histories<Told>();

  /** Takes the newest event of a history that was in the log before anything was told. It counts as told, with all before it. */
  skip(history: HistoryId, seq: number): void {
    const told = this.#toldOf(history);
    told.mark = Math.max(told.mark, seq);
  }

  /** Takes an event. Gives how many events of its history it jumps over, if it is to be told; null if it was told before. */
  take(history: HistoryId, seq: number): number | null {
    const isFirst = this.newestOf(history) === undefined;
    const told = this.#toldOf(history);
    const { mark, holes } = told;
    if (seq > mark) {
      told.mark = seq;
      if (seq > mark + 1) told.holes = newest([...holes, [mark + 1, seq - 1]]);
      // What an exporter emitted before it had a bus was never published.
      return isFirst ? 0 : seq - mark - 1;
    }
    const hole = holes.find(([first, last]) => first <= seq && seq <= last);
    if (!hole) return null;
    const [first, last] = hole;
    const rest = [[first, seq - 1] as const, [seq + 1, last] as const].filter(([from, to]) => from <= to);
    told.holes = newest([...holes.filter((other) => other !== hole), ...rest]);
    return 0;
  }

  /** Sequence of the newest event of a history; undefined if there is none. */
  newestOf(history: HistoryId): number | undefined {
    return this.#histories.get(history)?.mark;
  }

  #toldOf(history: HistoryId): Told {
    const known = this.#histories.get(history);
    if (known) return known;
    const told = { mark: 0, holes: [] };
    this.#histories.set(history, told);
    return told;
  }
}

function newest(holes: readonly Hole[]): readonly Hole[] {
  return holes.length > MOST_HOLES ? holes.slice(-MOST_HOLES) : holes;
}
