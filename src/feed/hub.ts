import type { LoggedEvent } from '../core/event/event-log.ts';
import { Broadcast } from './broadcast.ts';
import type { FeedObserver } from './feed-observer.ts';
import type { Stream } from './stream.ts';
import type { ByeReason } from './stream-message.ts';

/** Number of streams served in one turn of the event loop: serving all of a large broadcast at once would block everything else. */
const STREAMS_PER_TURN = 250;

interface Round {
  readonly broadcasts: readonly Broadcast[];
  readonly streams: readonly Stream[];
  served: number;
}

/** Sends live events to all streams, in order. Events published during a round wait for the next round. */
export class Hub {
  readonly #observer: FeedObserver;
  readonly #streams = new Set<Stream>();
  #pending: Broadcast[] = [];
  #round: Round | null = null;
  #scheduled = false;
  #onEmpty = () => {};

  constructor(observer: FeedObserver) {
    this.#observer = observer;
  }

  /** Adds a stream, which gets everything published from now on. */
  add(stream: Stream): void {
    this.#streams.add(stream);
  }

  /** Removes a stream whose connection has ended. */
  remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#onEmpty();
  }

  /** Sends an event to all streams, beginning in the next turn of the event loop. */
  publish(logged: LoggedEvent): void {
    this.#pending.push(new Broadcast(logged));
    this.#schedule();
  }

  /** Checks all streams: see {@link Stream.maintain}. */
  maintain(): void {
    for (const stream of this.#streams) {
      const status = stream.maintain();
      if (status !== 'fine') this.#observer.dropped(status);
    }
  }

  /** Sends everything that was published, then ends all streams with a `bye`. */
  bye(reason: ByeReason): void {
    while (this.#busy()) this.#serve();
    for (const stream of this.#streams) stream.bye(reason);
  }

  /** Cuts every connection. */
  cut(): void {
    for (const stream of this.#streams) stream.cut();
  }

  /** Resolves when no stream is left. */
  emptied(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    if (this.#streams.size === 0) resolve();
    return promise;
  }

  #schedule(): void {
    if (this.#scheduled || !this.#busy()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#busy()) this.#serve();
      this.#schedule();
    });
  }

  #busy(): boolean {
    return this.#round !== null || this.#pending.length > 0;
  }

  #serve(): void {
    const round = this.#round ?? this.#nextRound();
    const next = round.streams.slice(round.served, round.served + STREAMS_PER_TURN);
    for (const stream of next) stream.deliver(round.broadcasts);
    round.served += next.length;
    if (round.served === round.streams.length) this.#finish(round);
  }

  #nextRound(): Round {
    const round = { broadcasts: this.#pending, streams: [...this.#streams], served: 0 };
    this.#pending = [];
    this.#round = round;
    return round;
  }

  #finish({ broadcasts }: Round): void {
    this.#round = null;
    for (const { logged, streams } of broadcasts) {
      if (streams > 0) this.#observer.delivered(logged.event.type, streams);
    }
  }
}
