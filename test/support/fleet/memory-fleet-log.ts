import { createHash } from 'node:crypto';
import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { retentionKey } from '../../../src/core/event/retention.ts';
import type { FleetCursor, FleetEvent, FleetLog, OlderPart } from '../../../src/core/fleet/fleet-log.ts';

/** Options of a {@link MemoryFleetLog}. */
export interface MemoryFleetLogOptions {
  readonly epoch?: string;
  /** How many events are in memory. */
  readonly capacity?: number;
}

/** Check of a sequence without an event. */
const NO_EVENT = '0000';

/** The log of a {@link MemoryFleet}: its "bus" is an array that keeps everything until {@link evictBefore}. */
export class MemoryFleetLog implements FleetLog {
  epoch: string;
  generation = 0;
  head = 0;
  /** Called before each answer of `older`: to count, or to hold the answer back. Null as its result makes the bus fail to answer. */
  beforeOlder: () => Promise<null | undefined> = async () => undefined;
  readonly #capacity: number;
  #events: FleetEvent[] = [];
  /** Sequence before which the bus has nothing. */
  #floor = 1;

  constructor({ epoch = '0123456789ab', capacity = Number.POSITIVE_INFINITY }: MemoryFleetLogOptions) {
    this.epoch = epoch;
    this.#capacity = capacity;
  }

  get oldest(): number {
    return this.#inMemory[0]?.seq ?? this.head + 1;
  }

  get first(): number {
    return this.#events[0]?.seq ?? this.head + 1;
  }

  /** Adds an event at the next sequence; the bus stores it when its host says that it happened, unless another time is given. */
  append(name: string, event: TmuxEvent, storedAt = Date.parse(event.time)): FleetEvent {
    this.head++;
    const { type, severity, server } = event;
    const retention = { ...retentionKey(type, severity, server?.name ?? null), owner: name };
    const cursor = `${this.epoch}-${this.head}.${checkOf(name, event)}`;
    const json = JSON.stringify({ ...event, name });
    const added = {
      seq: this.head,
      storedAt,
      cursor,
      name,
      type,
      severity,
      server: server?.name ?? null,
      retention,
      json,
      event,
    };
    this.#events.push(added);
    return added;
  }

  /** Leaves the next sequences without an event. */
  skip(sequences: number): void {
    this.head += sequences;
  }

  /** Takes all events before a sequence off the bus. */
  evictBefore(seq: number): void {
    this.#floor = Math.max(this.#floor, seq);
    this.#events = this.#events.filter((event) => event.seq >= seq);
  }

  /** Takes one event off the bus. */
  evict(seq: number): void {
    this.#events = this.#events.filter((event) => event.seq !== seq);
  }

  /** Goes back to a sequence, as after the restore of an old disk; what is appended then has the same sequences as before. */
  rewind(seq: number): void {
    this.#events = this.#events.filter((event) => event.seq <= seq);
    this.head = seq;
    this.generation++;
  }

  /** Begins a log without an event. */
  renew(epoch: string): void {
    this.epoch = epoch;
    this.generation++;
    this.head = 0;
    this.#floor = 1;
    this.#events = [];
  }

  after(seq: number, limit = Number.POSITIVE_INFINITY): readonly FleetEvent[] {
    return this.#inMemory.filter((event) => event.seq > seq).slice(0, limit);
  }

  missingAfter(seq: number): number {
    return Math.max(0, Math.min(this.#floor - 1, this.head) - seq);
  }

  async older(seq: number, limit: number): Promise<OlderPart | null> {
    const { oldest } = this;
    if ((await this.beforeOlder()) === null) return null;
    const events = this.#events.filter((event) => event.seq > seq && event.seq < oldest).slice(-limit);
    const from = events.length < limit ? Math.max(seq + 1, this.#floor) : (events[0]?.seq ?? seq + 1);
    const upTo = (to: number) => events.filter((event) => event.seq <= to).length;
    return { events, missingUpTo: (to) => Math.max(0, Math.min(to, oldest - 1) - from + 1 - upTo(to)) };
  }

  cursorAt(seq: number): string {
    return `${this.epoch}-${seq}.${this.#checkAt(seq)}`;
  }

  async readCursor(cursor: string): Promise<FleetCursor> {
    const [, epoch, digits, check] = /^([0-9a-f]{12})-(\d{1,15})\.([0-9a-f]{4})$/.exec(cursor) ?? [];
    if (digits === undefined) return { kind: 'unservable', reason: 'malformed' };
    if (epoch !== this.epoch) return { kind: 'unservable', reason: 'epoch' };
    const seq = Number(digits);
    if (seq > this.head) return { kind: 'unservable', reason: 'future' };
    const isEvicted = seq < this.#floor;
    if (!isEvicted && check !== this.#checkAt(seq)) return { kind: 'unservable', reason: 'epoch' };
    return { kind: 'at', seq };
  }

  get #inMemory(): readonly FleetEvent[] {
    return this.#events.slice(-this.#capacity);
  }

  #checkAt(seq: number): string {
    const event = this.#events.find((candidate) => candidate.seq === seq);
    return event ? checkOf(event.name, event.event) : NO_EVENT;
  }
}

function checkOf(name: string, { id }: TmuxEvent): string {
  return createHash('sha256').update(name).update(id).digest('hex').slice(0, 4);
}
