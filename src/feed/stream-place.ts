import type { Broadcast } from './broadcast.ts';
import { type Filter, matchesEvent } from './event-filter.ts';

/** How far a stream has come in its log. Sequences are only compared within one log. */
export class StreamPlace {
  /** Whether another log came before the one in which the stream began. */
  readonly #isLate: boolean;
  #generation: number;
  #seq: number;
  #cursor: string;

  constructor(generation: number, seq: number, cursor: string) {
    this.#isLate = generation > 0;
    this.#generation = generation;
    this.#seq = seq;
    this.#cursor = cursor;
  }

  /** The cursor of the newest event that was passed, wanted or not. After a change of the log it stays the former one until there is an event. */
  get cursor(): string {
    return this.#cursor;
  }

  /** Passes broadcasts, and returns those that are wanted and new. */
  pass(broadcasts: readonly Broadcast[], filter: Filter): readonly Broadcast[] {
    let last: Broadcast | null = null;
    const wanted = broadcasts.filter((broadcast) => {
      if (!this.#advance(broadcast)) return false;
      if (broadcast.event === null) return true;
      last = broadcast;
      return this.#isDue(broadcast) && matchesEvent(filter, broadcast.event);
    });
    this.#cursor = cursorOf(last) ?? this.#cursor;
    return wanted;
  }

  /** Whether it is sent. An event that was sent in a former log may be missing to a stream that is late, and to no other. */
  #isDue({ isNew }: Broadcast): boolean {
    return isNew || this.#isLate;
  }

  /** Whether a broadcast is further on. */
  #advance({ generation, event }: Broadcast): boolean {
    if (event === null) {
      if (generation <= this.#generation) return false;
      this.#generation = generation;
      this.#seq = 0;
      return true;
    }
    if (generation !== this.#generation || event.seq <= this.#seq) return false;
    this.#seq = event.seq;
    return true;
  }
}

function cursorOf(broadcast: Broadcast | null): string | undefined {
  return broadcast?.event?.cursor;
}
