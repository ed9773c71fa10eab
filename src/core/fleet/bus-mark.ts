/** How far the history was published to the bus. */
export interface BusMark {
  /** The epoch of the history that `acked` belongs to. */
  readonly epoch: string;
  /** Sequence, in the history, of the last event that is on the bus. */
  readonly acked: number;
  /** Sequence, in the stream of the bus, of our last message; 0 if there is none. */
  readonly sequence: number;
  /** Where it publishes. Null in a mark of version 0.1.0. */
  readonly place: BusPlace | null;
}

/** Where a history is published, and since when. */
export interface BusPlace {
  /** The subject of its events, without their type. */
  readonly subject: string;
  /** Sequence, in the history, of the last event that was not to be published there: it is not put back. */
  readonly from: number;
}

/** Keeps the mark over a restart. */
export interface BusMarks {
  /** Null before the first. */
  readonly mark: BusMark | null;
  /** Takes a mark. It is stored by the next write of the store, because losing it costs only a repetition that the stream refuses. */
  keep(mark: BusMark): void;
}

/** A mark in memory only. */
export class MemoryBusMarks implements BusMarks {
  mark: BusMark | null = null;

  keep(mark: BusMark): void {
    this.mark = mark;
  }
}
