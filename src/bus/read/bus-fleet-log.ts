import type { JsMsg } from '@nats-io/jetstream';
import type { RejectionReason } from '../../core/fleet/fleet.ts';
import type { FleetCursor, FleetEvent, FleetLog } from '../../core/fleet/fleet-log.ts';
import type { BusClock } from '../bus-clock.ts';
import { EVENT_STREAM } from '../stream/streams.ts';
import type { EventArchive } from './event-archive.ts';
import { EventMarks } from './event-marks.ts';
import { type EventMessage, readEventMessage } from './event-message.ts';
import { EventRing } from './event-ring.ts';
import { cursorParts, cursorText, epochOf, NO_CHECK } from './fleet-cursor.ts';
import { KeptEvent, RetentionKeys } from './fleet-event.ts';
import type { StreamState } from './stream-look.ts';

/** How long a cursor may be ahead of what was read: another hub was faster. */
const AHEAD_MS = 2_000;
const AHEAD_STEP_MS = 20;

/** The parts that the log is built from. */
export interface BusFleetLogOptions {
  readonly prefix: string;
  /** Events that are kept in memory. */
  readonly history: number;
  readonly archive: Pick<EventArchive, 'checkAt' | 'messages'>;
  readonly observer: FleetLogObserver;
  readonly clock: BusClock;
}

/** Gets what comes into the log. */
export interface FleetLogObserver {
  /** An event that is new: not one of those that the bus held at the start, nor one that is read once more from another log. */
  readonly event: (event: FleetEvent) => void;
  /** The log is another: what was read is gone from memory. */
  readonly remade: (epoch: string) => void;
  readonly rejected: (reason: RejectionReason) => void;
  readonly duplicate: () => void;
  /** An exporter published an event after `events` others that are not on the bus. */
  readonly jumped: (name: string, events: number) => void;
}

/** The log of a fleet, of which the newest events are in memory, and older ones on the bus. */
export class BusFleetLog implements FleetLog {
  epoch = '';
  head = 0;
  readonly #options: BusFleetLogOptions;
  readonly #ring: EventRing<KeptEvent>;
  readonly #keys = new RetentionKeys();
  /** What is in this log. */
  readonly #marks = new EventMarks();
  /** What was read from this log or a former one. */
  readonly #told = new EventMarks();
  /** Checks of events that were read from the bus, because they are not in memory. */
  readonly #olderChecks = new Map<number, string>();
  #first = 1;
  #skipped = 0;
  #isLive = false;
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
    const gone = Math.max(0, this.first - 1 - Math.max(0, seq));
    const before = this.#ring.upTo(seq);
    return before ? this.#skipped - before.skipped : gone + this.#skipped - (this.#ring.oldest?.skipped ?? 0);
  }

  async older(seq: number, limit: number): Promise<readonly FleetEvent[] | null> {
    const [epoch, lowest] = [this.epoch, Math.max(seq + 1, this.first)];
    const events: KeptEvent[] = [];
    for (let to = this.oldest - 1; to >= lowest && events.length < limit; ) {
      const from = Math.max(lowest, to - (limit - events.length) + 1);
      const messages = await this.#options.archive.messages(from, to);
      if (messages === null || this.epoch !== epoch) return null;
      events.unshift(...this.#eventsOf(messages));
      to = from - 1;
    }
    return events;
  }

  cursorAt(seq: number): string {
    const { epoch } = this;
    const older = this.#olderChecks.get(seq);
    if (older !== undefined) return cursorText({ epoch, seq, check: older });
    const event = this.#ring.upTo(seq);
    return event
      ? cursorText({ epoch, seq: event.seq, check: event.check })
      : cursorText({ epoch, seq, check: NO_CHECK });
  }

  async readCursor(cursor: string): Promise<FleetCursor> {
    const parts = cursorParts(cursor);
    if (parts === null) return { kind: 'unservable', reason: 'malformed' };
    const { epoch, seq, check } = parts;
    if (epoch !== this.epoch) return { kind: 'unservable', reason: 'epoch' };
    const found = await this.#checkAt(seq);
    const isOther = found !== null && found !== 'none' && found !== check;
    if (isOther || epoch !== this.epoch) return { kind: 'unservable', reason: 'epoch' };
    if (seq > this.head && (found === null || found === 'none' || !(await this.#reaches(seq))))
      return { kind: 'unservable', reason: 'future' };
    return { kind: 'at', seq };
  }

  /** Whether an event that was read is still the same on the bus, as far as it says. */
  async isSame(): Promise<boolean> {
    const [anchor, next] = [this.#anchor, this.#ring.newest];
    const found = anchor ? await this.#options.archive.checkAt(anchor.seq) : null;
    if (anchor !== this.#anchor) return true;
    this.#anchor = next;
    return anchor === undefined || found === null || found === 'none' || found === anchor.check;
  }

  /** Sequence of the newest event that was read of a history of an exporter; undefined if there is none. */
  newestOf(name: string, epoch: string): number | undefined {
    return this.#marks.of(name, epoch) ?? this.#told.of(name, epoch);
  }

  /** Where to begin to read a log: only what fits into memory is read. */
  beginAt({ firstSeq, lastSeq }: StreamState): number {
    return Math.max(firstSeq - 1, lastSeq - this.#options.history);
  }

  /** The log is read from its beginning. */
  begin(state: StreamState): void {
    const isFirst = this.epoch === '';
    this.epoch = epochOf(EVENT_STREAM, state.created);
    this.head = this.beginAt(state);
    this.#skipped = 0;
    this.#anchor = undefined;
    this.#ring.clear();
    this.#marks.clear();
    this.#olderChecks.clear();
    this.look(state);
    if (!isFirst) this.#options.observer.remade(this.epoch);
  }

  /** Takes the state of the stream. */
  look({ firstSeq }: StreamState): void {
    this.#first = firstSeq;
  }

  /** Everything that the bus held at the start was read: what comes from now on is new. */
  goLive(): void {
    this.#isLive = true;
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
    else this.#add(message.seq, reading);
  }

  #add(seq: number, message: EventMessage): void {
    const { observer } = this.#options;
    const { name, place } = message;
    if (this.#marks.take(name, place) < 0) {
      observer.duplicate();
      return;
    }
    const jump = this.#told.take(name, place);
    const event = new KeptEvent(this.epoch, seq, this.#skipped, message, this.#keys.of(message));
    this.#ring.push(event);
    if (!this.#isLive || jump < 0) return;
    if (jump > 0) observer.jumped(name, jump);
    observer.event(event);
  }

  #eventsOf(messages: readonly JsMsg[]): KeptEvent[] {
    const marks = new EventMarks();
    return messages.flatMap((message) => {
      const reading = readEventMessage(this.#options.prefix, message);
      if (reading.kind === 'rejected' || marks.take(reading.name, reading.place) < 0) return [];
      const event = new KeptEvent(this.epoch, message.seq, 0, reading, this.#keys.of(reading));
      this.#rememberCheck(event);
      return [event];
    });
  }

  #rememberCheck({ seq, check }: KeptEvent): void {
    const [oldest] = this.#olderChecks.keys();
    if (this.#olderChecks.size >= this.#options.history && oldest !== undefined) this.#olderChecks.delete(oldest);
    this.#olderChecks.set(seq, check);
  }

  async #checkAt(seq: number): Promise<string | 'none' | null> {
    const event = this.#ring.upTo(seq);
    return event?.seq === seq ? event.check : this.#options.archive.checkAt(seq);
  }

  /** Whether the log is read up to `seq` soon. */
  async #reaches(seq: number): Promise<boolean> {
    const { clock } = this.#options;
    const until = clock.uptime() + AHEAD_MS;
    while (this.head < seq && clock.uptime() < until)
      await new Promise<void>((resolve) => clock.after(AHEAD_STEP_MS, resolve));
    return this.head >= seq;
  }
}
