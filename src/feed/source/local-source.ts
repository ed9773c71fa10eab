import { eventId, eventPlaceOf, type History, readCursor } from '../../core/event/event-log.ts';
import type { Since } from '../../core/event/selector.ts';
import { timeText } from '../../core/text.ts';
import { Encoded } from '../encoded.ts';
import { type Filter, matchesServer } from '../event-filter.ts';
import type { Clock } from '../feed-clock.ts';
import { gapOf, type HelloSource, type SnapshotServer } from '../stream-message.ts';
import type { Subscription } from '../subscription.ts';
import { type FeedEvent, LocalEvent } from './feed-event.ts';
import type { Beginning, FeedSource } from './feed-source.ts';

/** What the feed of one exporter serves. */
export interface LocalParts {
  readonly history: History;
  /** The present servers, ready to become JSON. */
  readonly snapshot: () => readonly SnapshotServer[];
}

/** The events of this exporter. All of them are at hand, so a stream begins at once. */
export class LocalSource implements FeedSource {
  readonly scope = 'local';
  readonly generation = 0;
  readonly #parts: LocalParts;
  readonly #host: string;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(parts: LocalParts, host: string, clock: Pick<Clock, 'now'>) {
    this.#parts = parts;
    this.#host = host;
    this.#clock = clock;
  }

  get epoch(): string {
    return this.#parts.history.epoch;
  }

  get head(): number {
    return this.#parts.history.head;
  }

  after(seq: number): readonly FeedEvent[] {
    const { history } = this.#parts;
    if (seq >= history.head) return [];
    return history.after(seq).map((logged) => new LocalEvent(logged, history.epoch));
  }

  cursorAt(seq: number): string {
    return eventId(this.epoch, seq);
  }

  present(cursor: string): string {
    const [place, { former }] = [eventPlaceOf(cursor), this.#parts.history];
    return place !== null && place.epoch === former?.epoch ? this.cursorAt(place.seq) : cursor;
  }

  begin(subscription: Subscription, _isOver: () => boolean, open: (beginning: Beginning) => void): void {
    const start = this.#startOf(subscription);
    open({ ...start, cursor: this.cursorAt(start.from), older: [], skipped: 0 });
  }

  hello(): HelloSource {
    const { oldest } = this.#parts.history;
    return { host: this.#host, head: this.cursorAt(this.head), oldest: this.cursorAt(oldest) };
  }

  snapshot(filter: Filter): Encoded {
    const servers = this.#parts.snapshot().filter(({ name }) => matchesServer(filter, name));
    return new Encoded((format) => format.message({ type: 'snapshot', servers }));
  }

  downSeconds(): null {
    return null;
  }

  awake(): void {}

  #startOf({ lastEventId, since }: Subscription): Pick<Beginning, 'from' | 'gaps'> {
    const { history } = this.#parts;
    if (lastEventId === null) return { from: since ? this.#startOfSince(since) : history.head, gaps: [] };
    const cursor = readCursor(lastEventId, history);
    if (cursor.kind === 'at') return { from: cursor.seq, gaps: [] };
    const gaps = [gapOf(cursor.reason, cursor.missed)];
    if (since) return { from: this.#startOfSince(since), gaps };
    if (cursor.reason === 'evicted') return { from: cursor.seq, gaps };
    // After a change of the log, every kept event is new to a reader. If a cursor makes no sense, none is known to be new.
    return { from: cursor.reason === 'epoch' ? cursor.seq : history.head, gaps };
  }

  #startOfSince(since: Since): number {
    const { history } = this.#parts;
    if (since.kind === 'all') return history.oldest - 1;
    return lastBefore(history, timeText(this.#clock.now() - since.ms));
  }
}

/** Finds the last sequence before `time`, by binary search: reading all of a durable history would be slow. */
function lastBefore(history: History, time: string): number {
  let low = history.oldest - 1;
  let high = history.head;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [next] = history.after(middle, 1);
    if (next && next.event.time < time) low = next.seq;
    else high = middle;
  }
  return low;
}
