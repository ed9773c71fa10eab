import type { EventDraft, TmuxEvent } from '../event/event.ts';
import {
  eventId,
  eventPlaceOf,
  type FormerEpoch,
  HISTORY_EVENTS,
  type LoggedEvent,
  type Origin,
  stampEvent,
} from '../event/event-log.ts';
import { KeptEvents } from '../event/kept-events.ts';
import { Retention, retentionKey } from '../event/retention.ts';
import type { Journal } from './journal.ts';

/** An event log in memory. Once `capacity` is reached, each new event makes it forget one: {@link Retention} decides which. */
export class MemoryLog implements Journal {
  #epoch: string;
  #former: FormerEpoch | null;
  readonly #origin: Origin;
  readonly #capacity: number;
  readonly #onEvicted: (seq: number) => void;
  readonly #kept = new KeptEvents();
  readonly #retention: Retention;
  #head = 0;

  /** Begins with `kept`, in order of their sequence, of which some may be missing. The next event follows `head`. `onEvicted` gets the sequence of each forgotten event. */
  constructor(
    epoch: string,
    origin: Origin,
    capacity = HISTORY_EVENTS,
    kept: readonly LoggedEvent[] = [],
    head = kept.at(-1)?.seq ?? 0,
    onEvicted: (seq: number) => void = () => {},
    former: FormerEpoch | null = null,
  ) {
    this.#epoch = epoch;
    this.#former = former;
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

  get former(): FormerEpoch | null {
    return this.#former;
  }

  get head(): number {
    return this.#head;
  }

  get oldest(): number {
    return this.#kept.oldest ?? this.#head + 1;
  }

  /** Begins a new epoch. The events up to `until` belong to the former one, too; those after it get ids of the new one. */
  renew(epoch: string, until: number): void {
    const former = { epoch: this.#epoch, until };
    this.#epoch = epoch;
    this.#former = former;
    for (const logged of this.after(until)) this.#kept.replace(restamped(logged, epoch, former));
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
    this.#kept.push(logged);
    this.#retention.add(logged.seq, logged.retention);
    this.#head = logged.seq;
    while (this.#kept.size > this.#capacity) this.#evict();
  }

  #evict(): void {
    const seq = this.#retention.takeLeast();
    if (seq === undefined) return;
    this.#kept.remove(seq);
    this.#onEvicted(seq);
  }
}

/** The event with its id in a new epoch. The explanation of a death names it by its new id; an incident keeps its name. */
function restamped(logged: LoggedEvent, epoch: string, former: FormerEpoch): LoggedEvent {
  const event: TmuxEvent = { ...logged.event, id: eventId(epoch, logged.seq) };
  const place = event.type === 'server-gone-cause' ? eventPlaceOf(event.gone) : null;
  const isRestamped = place?.epoch === former.epoch && place.seq > former.until;
  const renamed = isRestamped ? ({ ...event, gone: eventId(epoch, place.seq) } as TmuxEvent) : event;
  return { ...logged, event: renamed, json: JSON.stringify(renamed) };
}
