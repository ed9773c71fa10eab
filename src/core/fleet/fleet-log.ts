import type { EventType, Severity, TmuxEvent } from '../event/event.ts';
import type { RetentionKey } from '../event/retention.ts';

/** An event of the fleet: what an exporter stored, with its place in the log of the fleet. */
export interface FleetEvent {
  /** Sequence in the log of the fleet. Sequences have holes. */
  readonly seq: number;
  /** When the bus stored it: Unix milliseconds by the clock of the bus. It ascends with the sequence, as far as the clocks of the nodes of the bus agree. The `time` of the event is by the clock of its host. */
  readonly storedAt: number;
  /** Its cursor: see {@link FleetLog.cursorAt}. Also for an event that is not in memory. */
  readonly cursor: string;
  /** What the exporter that emitted it is called in the fleet. */
  readonly name: string;
  readonly type: EventType;
  readonly severity: Severity;
  /** The name of its server; null if it is about the whole machine. */
  readonly server: string | null;
  /** Its owner is the exporter. */
  readonly retention: RetentionKey;
  /** The event as its exporter stored it, with `name` added. Its `id`, `host` and `incident` are those of its host. */
  readonly json: string;
  /** Parsed when it is asked for, and not kept. */
  readonly event: TmuxEvent;
}

/** The place in the log of the fleet that a cursor points to, or why there is none. */
export type FleetCursor =
  | { readonly kind: 'at'; readonly seq: number }
  | { readonly kind: 'unservable'; readonly reason: 'epoch' | 'future' | 'malformed' };

/** Events that come before those in memory, as the bus gave them. */
export interface OlderPart {
  /** Oldest first. */
  readonly events: readonly FleetEvent[];
  /** How many sequences up to `seq`, and before those in memory, the bus has no event of any more, at most. Those that were not read, because there are too many, do not count. */
  readonly missingUpTo: (seq: number) => number;
}

/** The log of all events of a fleet, in the order in which the bus stored them. Everything it gives without a promise is in memory. */
export interface FleetLog {
  /** The log that the sequences belong to: 12 hexadecimal digits; empty before the first reading. It changes if the log was made anew. */
  readonly epoch: string;
  /** How many logs were read before this one. It also counts when the log went back, though then the epoch stays. */
  readonly generation: number;
  /** Sequence up to which the log was read; 0 before the first event. */
  readonly head: number;
  /** Sequence of the oldest event in memory; `head + 1` if there is none. */
  readonly oldest: number;
  /** Sequence of the oldest event on the bus, as last read; `head + 1` if there is none. */
  readonly first: number;
  /** The events in memory after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit?: number): readonly FleetEvent[];
  /**
   * How many events after `seq` are neither in memory nor on the bus any more, as far as known without asking the bus, and at
   * most: some of the sequences that are missing may never have had an event. Those that `older` counts are not among them.
   */
  missingAfter(seq: number): number;
  /** The events after `seq` that come before those in memory, from the bus, the newest `limit` of them. Null if the bus does not give them in time. */
  older(seq: number, limit: number): Promise<OlderPart | null>;
  /** The cursor of a sequence from `oldest - 1` to `head`: `<epoch>-<seq>.<check>`. The same on every hub, so that a reader may change hubs. */
  cursorAt(seq: number): string;
  /** Reads a cursor. The event at its sequence must have its check: a log that went back must not pass for the former one. It asks the bus about an event that is not in memory. */
  readCursor(cursor: string): Promise<FleetCursor>;
}

/** The JSON of an event of the fleet with its `cursor` added, for readers that get no other place for it. */
export function jsonWithCursor({ json, cursor }: Pick<FleetEvent, 'json' | 'cursor'>): string {
  return `${json.slice(0, -1)},"cursor":${JSON.stringify(cursor)}}`;
}
