import type { FeedScope } from '../../core/fleet/feed-scope.ts';
import type { Encoded } from '../encoded.ts';
import type { Filter } from '../event-filter.ts';
import type { Gap, HelloSource } from '../stream-message.ts';
import type { Subscription } from '../subscription.ts';
import type { FeedEvent } from './feed-event.ts';

/** The place at which a new stream begins. */
export interface Beginning {
  /** Sequence after which the reader has seen nothing. */
  readonly from: number;
  /** The cursor of `from`. */
  readonly cursor: string;
  /** Why the stream does not begin exactly at the reader's cursor. */
  readonly gaps: readonly Gap[];
  /** The events after `from` that come before those in memory, oldest first. */
  readonly older: readonly FeedEvent[];
  /** How many events between `from` and `older` are left out because there are too many, at most. */
  readonly skipped: number;
}

/** What a feed serves: the events of this exporter, or those of a fleet. */
export interface FeedSource {
  readonly scope: FeedScope;
  /** The log that the sequences belong to. */
  readonly epoch: string;
  /** How many logs came before this one. */
  readonly generation: number;
  /** Sequence of the newest event. */
  readonly head: number;
  /** The events in memory after `seq`, oldest first. */
  after(seq: number): readonly FeedEvent[];
  cursorAt(seq: number): string;
  /** The present form of a cursor of an open stream. The epoch of a log can change under it, with nothing lost. */
  present(cursor: string): string;
  /**
   * Finds where a stream begins, and calls `open` with it. At that moment everything between its place and the head of the
   * log is in `older` or in memory, so `open` must read the log without waiting. It is called before this function
   * returns unless the bus must be asked first, and not at all if `isOver` says that the reader has left.
   */
  begin(subscription: Subscription, isOver: () => boolean, open: (beginning: Beginning) => void): void;
  /** The fields of `hello` that say what is served. */
  hello(): HelloSource;
  /** The message of the present servers or hosts that match the filter. */
  snapshot(filter: Filter): Encoded;
  /** For how many seconds no event could come in, because the bus is cut; null while all is well. */
  downSeconds(): number | null;
  /** Takes note of an event, or of a second that has passed. */
  awake(): void;
}
