import type { JsMsg } from '@nats-io/jetstream';
import type { RejectionReason } from '../../core/fleet/fleet.ts';
import type { FleetCursor, FleetEvent, FleetLog, OlderPart } from '../../core/fleet/fleet-log.ts';
import { EVENT_STREAM } from '../stream/streams.ts';
import type { EventArchive } from './event-archive.ts';
import { EventMarks } from './event-marks.ts';
import { type EventMessage, readEventMessage } from './event-message.ts';
import { EventRing } from './event-ring.ts';
import { cursorParts, cursorText, epochOf, NO_CHECK } from './fleet-cursor.ts';
import { KeptEvent, RetentionKeys, type StoredAt } from './fleet-event.ts';
import type { HistoryId } from './histories.ts';
import type { StreamState } from './stream-look.ts';
import type { ReadMessage } from './stream-reader.ts';
import { ToldEvents } from './told-events.ts';
import type { Comparison } from './watchdog.ts';

/** The parts that the log is built from. */
export interface BusFleetLogOptions {
  readonly prefix: string;
  /** Events that are kept in memory. */
  readonly history: number;
  readonly archive: Pick<EventArchive, 'checkAt' | 'messages'>;
  readonly observer: FleetLogObserver;
}

/** Gets what comes into the log. */
export interface FleetLogObserver {
  /**
   * An event came into the log. `isNew` is true if the event was never told before. If it is false, the log had lost the event
   * and the exporter put it back. Then only readers who do not know the former log need it.
   */
  readonly event: (event: FleetEvent, isNew: boolean) => void;
  /** The log is another: what was read is gone from memory. */
  readonly remade: () => void;
  readonly rejected: (reason: RejectionReason) => void;
  readonly duplicate: () => void;
  /** An exporter published an event after `events` others that are not on the bus. */
  readonly jumped: (name: string, events: number) => void;
}

/** The log of a fleet, of which the newest events are in memory, and older ones on the bus. */
export class BusFleetLog implements FleetLog {
  epoch = '';
  generation = 0;
  head = 0;
  readonly #options: BusFleetLogOptions;
  readonly #ring: EventRing<KeptEvent>;
  readonly #keys = new RetentionKeys();
  /** What is in this log. */
  readonly #marks = new EventMarks();
  readonly #told = new ToldEvents();
  #first = 1;
  #skipped = 0;
  #isLive = false;
  /** Sequence of the last event that the stream held when it began to be read. */
  #goal = 0;
  /** The event that left memory last. */
  #lost: KeptEvent | undefined;
  /** The event that is compared with the bus next. */
  #anchor: KeptEvent | undefined;

  constructor(options: BusFleetLogOptions) {
    this.#options = options;
    this.#ring = new EventRing(options.history);
  }

  get oldest(): number {
    return this.#ring.oldest?.seq ?? this.head + 1;
  }

  get first(): number {
    return Math.min(this.#first, this.head + 1);
  }

  after(seq: number, limit = this.#options.history): readonly FleetEvent[] {
    return this.#ring.after(seq, limit);
  }

  missingAfter(seq: number): number {
    const [before, next] = [this.#ring.upTo(seq), this.#ring.after(seq, 1)[0]];
    const later = this.#skipped - (next?.skipped ?? this.#skipped);
    // What left the bus can be in memory still.
    if (!before) return Math.max(0, Math.min(this.first, this.oldest) - 1 - seq) + later;
    const between = (next?.skipped ?? this.#skipped) - before.skipped;
    return Math.min(between, Math.max(0, (next?.seq ?? this.head + 1) - 1 - seq)) + later;
  }

  async older(seq: number, limit: number): Promise<OlderPart | null> {
    const [generation, lowest, end] = [this.generation, Math.max(seq + 1, this.first), this.oldest];
    const messages: JsMsg[] = [];
    const events: KeptEvent[] = [];
    for (let [to, size] = [end - 1, limit]; to >= lowest && events.length < limit; size *= 2) {
      const from = Math.max(lowest, to - size + 1);
      const read = await this.#options.archive.messages(from, to);
      if (read === null || this.generation !== generation) return null;
      messages.unshift(...read);
      events.unshift(...this.#eventsOf(read));
      to = from - 1;
    }
    const newest = events.slice(-limit);
    const from = events.length < limit ? lowest : (newest[0]?.seq ?? lowest);
    return { events: newest, missingUpTo: (to) => holesIn(messages, from, Math.min(to, end - 1)) };
  }

  cursorAt(seq: number): string {
    const lost = this.#lost && this.#lost.seq <= seq ? this.#lost : undefined;
    const event = this.#ring.upTo(seq) ?? lost;
    return event?.cursor ?? cursorText({ epoch: this.epoch, seq, check: NO_CHECK });
  }

  async readCursor(cursor: string): Promise<FleetCursor> {
    const parts = cursorParts(cursor);
    if (parts === null) return { kind: 'unservable', reason: 'malformed' };
    const { epoch, seq, check } = parts;
    const { generation } = this;
    if (epoch !== this.epoch) return { kind: 'unservable', reason: 'epoch' };
    if (seq > this.head) return { kind: 'unservable', reason: 'future' };
    const found = check === NO_CHECK ? null : await this.#checkAt(seq);
    const isOther = found !== null && found !== 'none' && found !== check;
    return isOther || generation !== this.generation ? { kind: 'unservable', reason: 'epoch' } : { kind: 'at', seq };
  }

  /** The newest event that was read, in this log; null if there is none. */
  get newest(): ReadMessage | null {
    const event = this.#ring.newest;
    return event ? { seq: event.seq, isSame: (message) => this.#eventsOf([message])[0]?.check === event.check } : null;
  }

  /** Compares an event that was read with the one that the bus has now. `state` is the present state of the stream. Between two calls the log may have gone on. */
  async compare(state: StreamState): Promise<Comparison> {
    const [anchor, next] = [this.#anchor, this.#ring.newest];
    const comparison = await this.#compare(anchor, state);
    // Only what was read before the answer is known to be of the same log.
    if (anchor === this.#anchor && comparison === 'same') this.#anchor = next;
    return comparison;
  }

  /** Compares the newest event that was read with the bus. */
  compareNewest(state: StreamState): Promise<Comparison> {
    return this.#compare(this.#ring.newest, state);
  }

  /** Sequence of the newest event that was read of a history of an exporter; undefined if there is none. */
  newestOf(history: HistoryId): number | undefined {
    return this.#told.newestOf(history) ?? this.#marks.newestOf(history);
  }

  /** Where to begin to read a log: only what fits into memory is read. */
  beginAt({ firstSeq, lastSeq }: StreamState): number {
    return Math.max(firstSeq - 1, lastSeq - this.#options.history);
  }

  /** The log is read from its beginning. */
  begin(state: StreamState): void {
    const isFirst = this.epoch === '';
    if (!isFirst) this.generation++;
    this.epoch = epochOf(EVENT_STREAM, state.created);
    this.head = this.beginAt(state);
    this.#goal = state.lastSeq;
    this.#skipped = 0;
    this.#anchor = undefined;
    this.#lost = undefined;
    this.#ring.clear();
    this.#marks.clear();
    this.look(state);
    if (!isFirst) this.#options.observer.remade();
  }

  /** Takes the state of the stream. */
  look({ firstSeq }: StreamState): void {
    this.#first = firstSeq;
  }

  /** Everything that the bus held at the start was read: what comes from now on is new. */
  goLive(): void {
    this.#isLive = true;
    for (const [history, seq] of this.#marks.entries()) this.#told.skip(history, seq);
  }

  /** Sequences up to the end of the stream have no message any more. */
  skip(skipped: number): void {
    this.#skipped += skipped;
    this.head += skipped;
  }

  take(message: JsMsg, skipped: number): void {
    const { observer, prefix } = this.#options;
    this.#skipped += skipped;
    this.head = message.seq;
    const reading = readEventMessage(prefix, message);
    if (reading.kind === 'rejected') observer.rejected(reading.reason);
    else this.#add(placeOf(message), reading);
  }

  #add(place: StoredAt, message: EventMessage): void {
    const { observer } = this.#options;
    if (!this.#marks.take(message, message.historySeq)) {
      observer.duplicate();
      return;
    }
    const event = new KeptEvent(this.epoch, place, this.#skipped, message, this.#keys.of(message));
    this.#lost = this.#ring.push(event) ?? this.#lost;
    if (this.#isLive) this.#tell(event, message);
  }

  #tell(event: KeptEvent, message: EventMessage): void {
    const { observer } = this.#options;
    const jump = this.#told.take(message, message.historySeq);
    if (jump !== null && jump > 0) observer.jumped(message.name, jump);
    // Who begins to read this log gets what it held at first from the log itself.
    if (jump !== null || event.seq > this.#goal) observer.event(event, jump !== null);
  }

  #eventsOf(messages: readonly JsMsg[]): KeptEvent[] {
    const marks = new EventMarks();
    return messages.flatMap((message) => {
      const reading = readEventMessage(this.#options.prefix, message);
      if (reading.kind === 'rejected' || !marks.take(reading, reading.historySeq)) return [];
      return [new KeptEvent(this.epoch, placeOf(message), 0, reading, this.#keys.of(reading))];
    });
  }

  /** An event that is gone from the bus, and no event, are the same. A node that does not hold all of the stream yet cannot say that one is gone. */
  async #compare(event: KeptEvent | undefined, { firstSeq, isCurrent }: StreamState): Promise<Comparison> {
    if (event === undefined) return 'same';
    const found = await this.#options.archive.checkAt(event.seq);
    if (found === null || (found === 'none' && event.seq >= firstSeq && !isCurrent)) return 'unknown';
    return found === 'none' || found === event.check ? 'same' : 'other';
  }

  async #checkAt(seq: number): Promise<string | 'none' | null> {
    const event = this.#ring.upTo(seq);
    return event?.seq === seq ? event.check : this.#options.archive.checkAt(seq);
  }
}

function placeOf({ seq, timestampNanos }: JsMsg): StoredAt {
  return { seq, stored: timestampNanos };
}

/** How many sequences from `from` to `to` have no message. */
function holesIn(messages: readonly JsMsg[], from: number, to: number): number {
  const there = messages.filter(({ seq }) => from <= seq && seq <= to);
  return Math.max(0, to - from + 1 - there.length);
}
