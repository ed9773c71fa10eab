import type { EventDraft } from '../event/event.ts';
import { eventId, HISTORY_EVENTS, type LoggedEvent, type Origin, stampEvent } from '../event/event-log.ts';
import { KeptEvents } from '../event/kept-events.ts';
import { Retention, retentionKey } from '../event/retention.ts';
import type { Journal } from './journal.ts';

/** An event log in memory. Once `capacity` is reached, each new event makes it forget one: {@link Retention} decides which. */
export class MemoryLog implements Journal {
  #epoch: string;
  readonly #origin: Origin;
  readonly #capacity: number;
  readonly #onEvicted: (seq: number) => void;
  #kept = new KeptEvents();
  #retention: Retention;
  #head = 0;

  /** Begins with `kept`, in order of their sequence, of which some may be missing. The next event follows `head`. `onEvicted` gets the sequence of each forgotten event. */
  constructor(
    epoch: string,
    origin: Origin,
    capacity = HISTORY_EVENTS,
    kept: readonly LoggedEvent[] = [],
    head = kept.at(-1)?.seq ?? 0,
    onEvicted: (seq: number) => void = () => {},
  ) {
    this.#epoch = epoch;
    this.#origin = origin;
    this.#capacity = capacity;
    this.#onEvicted = onEvicted;
    this.#retention = new Retention(capacity);
    for (const logged of kept) this.#push(logged);
    this.#head = head;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get head(): number {
    return this.#head;
  }

  get oldest(): number {
    return this.#kept.oldest ?? this.#head + 1;
  }

  /** Begins a new epoch with the events after `seq`. They keep their sequence, and get ids of the new epoch. */
  renew(epoch: string, seq: number): void {
    const events = this.after(seq);
    this.#epoch = epoch;
    this.#kept = new KeptEvents();
    this.#retention = new Retention(this.#capacity);
    for (const logged of events) {
      const event = { ...logged.event, id: eventId(epoch, logged.seq) };
      this.#keep({ ...logged, event, json: JSON.stringify(event) });
    }
  }

  append(draft: EventDraft, now: number): LoggedEvent {
    const seq = this.#head + 1;
    const event = stampEvent(draft, eventId(this.epoch, seq), now, this.#origin);
    const retention = retentionKey(event.type, event.severity, event.server?.name ?? null);
    const logged = { seq, event, json: JSON.stringify(event), retention };
    this.#push(logged);
    return logged;
  }

  after(seq: number, limit = this.#capacity): readonly LoggedEvent[] {
    return this.#kept.after(seq, limit);
  }

  missingAfter(seq: number): number {
    return this.#head - seq - this.#kept.countAfter(seq);
  }

  /** Whether the event with sequence `seq` is kept. */
  has(seq: number): boolean {
    return this.#kept.has(seq);
  }

  step<T>(work: () => T): T {
    return work();
  }

  /** Does nothing: a log in memory does not survive a restart. */
  remember(): void {}

  flush(): void {}

  #push(logged: LoggedEvent): void {
    this.#keep(logged);
    this.#head = logged.seq;
    while (this.#kept.size > this.#capacity) this.#evict();
  }

  #keep(logged: LoggedEvent): void {
    this.#kept.push(logged);
    this.#retention.add(logged.seq, logged.retention);
  }

  #evict(): void {
    const seq = this.#retention.takeLeast();
    if (seq === undefined) return;
    this.#kept.remove(seq);
    this.#onEvicted(seq);
  }
}
