import type { EventDraft } from '../event/event.ts';
import { eventId, HISTORY_EVENTS, type LoggedEvent, type Origin, stampEvent } from '../event/event-log.ts';
import type { Journal } from './journal.ts';

/** An event log in memory: a ring that forgets the oldest event once `capacity` is reached. */
export class RingLog implements Journal {
  readonly epoch: string;
  readonly #origin: Origin;
  readonly #capacity: number;
  readonly #ring: LoggedEvent[] = [];
  #head = 0;
  #kept = 0;

  /** Begins with the newest of `kept`, which are in order, and goes on after `head`. Some of the sequence may be missing. */
  constructor(
    epoch: string,
    origin: Origin,
    capacity = HISTORY_EVENTS,
    kept: readonly LoggedEvent[] = [],
    head = kept.at(-1)?.seq ?? 0,
  ) {
    this.epoch = epoch;
    this.#origin = origin;
    this.#capacity = capacity;
    this.#head = (kept[0]?.seq ?? head + 1) - 1;
    for (const logged of kept) this.#push(logged);
    this.#advanceTo(head);
  }

  get head(): number {
    return this.#head;
  }

  get oldest(): number {
    return this.#head - this.#kept + 1;
  }

  append(draft: EventDraft, now: number): LoggedEvent {
    const seq = this.#head + 1;
    const event = stampEvent(draft, eventId(this.epoch, seq), now, this.#origin);
    const logged = { seq, event, json: JSON.stringify(event) };
    this.#push(logged);
    return logged;
  }

  after(seq: number, limit = this.#capacity): readonly LoggedEvent[] {
    const first = Math.max(seq + 1, this.oldest);
    const last = Math.min(this.#head, first + limit - 1);
    const events: LoggedEvent[] = [];
    for (let at = first; at <= last; at++) {
      const logged = this.#ring[at % this.#capacity];
      if (logged?.seq === at) events.push(logged);
    }
    return events;
  }

  step<T>(work: () => T): T {
    return work();
  }

  /** Nothing outlives a log in memory. */
  remember(): void {}

  flush(): void {}

  #push(logged: LoggedEvent): void {
    this.#ring[logged.seq % this.#capacity] = logged;
    this.#advanceTo(logged.seq);
  }

  #advanceTo(head: number): void {
    this.#kept = Math.min(this.#kept + head - this.#head, this.#capacity);
    this.#head = head;
  }
}
