import { Batch } from './batch.ts';
import { type Broadcast, broadcastOf, renewalOf } from './broadcast.ts';
import type { Clock } from './feed-clock.ts';
import type { FeedObserver } from './feed-observer.ts';
import type { FeedEvent } from './source/feed-event.ts';
import type { FeedSource } from './source/feed-source.ts';
import type { Stream } from './stream.ts';
import type { ByeReason } from './stream-message.ts';

/** Number of streams served in one turn of the event loop: serving all of a large broadcast at once would block everything else. */
const STREAMS_PER_TURN = 250;

/** After a round, one millisecond of pause for this many streams that got something: what is published meanwhile costs each of them one write. A few streams have no pause. */
const STREAMS_PER_PAUSE_MS = 100;
/** The longest pause: it delays notices. */
const MOST_PAUSE_MS = 5;

interface Round {
  readonly batch: Batch;
  readonly streams: readonly Stream[];
  served: number;
  /** How many streams got something. */
  reached: number;
}

/** Sends the live events of a source to all its streams, in order. Events published during a round, or shortly after it, wait for the next round. */
export class Audience {
  readonly source: FeedSource;
  readonly #observer: FeedObserver;
  readonly #clock: Clock;
  readonly #streams = new Set<Stream>();
  #pending: Broadcast[] = [];
  #round: Round | null = null;
  #scheduled = false;
  /** When the next round may begin, by the steady clock. */
  #restsUntil = 0;
  #onEmpty = () => {};
  #generation: number;

  constructor(source: FeedSource, observer: FeedObserver, clock: Clock) {
    this.source = source;
    this.#clock = clock;
    this.#generation = source.generation;
    this.#observer = observer;
  }

  /** How many logs came before the present one. A stream that begins now is about this one. */
  get generation(): number {
    this.#compareLogs();
    return this.#generation;
  }

  /** Adds a stream. Once it has begun, it gets everything that is published. */
  add(stream: Stream): void {
    this.#streams.add(stream);
  }

  /** Removes a stream whose connection has ended. */
  remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#onEmpty();
  }

  /** Sends an event in the next turn of the event loop, or after the pause. One that is not new goes only to streams that began after a log was replaced. */
  publish(event: FeedEvent, isNew = true): void {
    this.#pending.push(broadcastOf(event, this.generation, isNew));
    this.#schedule();
    this.source.awake();
  }

  /** Checks all streams: see {@link Stream.maintain}. */
  maintain(): void {
    this.source.awake();
    this.#compareLogs();
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

  /** Informs all streams if the log was replaced. */
  #compareLogs(): void {
    const { generation } = this.source;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#pending.push(renewalOf(this.#generation));
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#busy()) return;
    this.#scheduled = true;
    const serve = () => {
      this.#scheduled = false;
      if (this.#busy()) this.#serve();
      this.#schedule();
    };
    const waitMs = this.#restsUntil - this.#clock.steady();
    if (waitMs > 0) this.#clock.after(Math.ceil(waitMs), serve);
    else setImmediate(serve);
  }

  #busy(): boolean {
    return this.#round !== null || this.#pending.length > 0;
  }

  #serve(): void {
    const round = this.#round ?? this.#nextRound();
    const next = round.streams.slice(round.served, round.served + STREAMS_PER_TURN);
    for (const stream of next) if (stream.deliver(round.batch)) round.reached++;
    round.served += next.length;
    if (round.served === round.streams.length) this.#finish(round);
  }

  #nextRound(): Round {
    const round = { batch: new Batch(this.#pending), streams: [...this.#streams], served: 0, reached: 0 };
    this.#pending = [];
    this.#round = round;
    return round;
  }

  #finish({ batch, reached }: Round): void {
    this.#round = null;
    const pauseMs = Math.min(MOST_PAUSE_MS, Math.floor(reached / STREAMS_PER_PAUSE_MS));
    this.#restsUntil = this.#clock.steady() + pauseMs;
    for (const { event, streams } of batch.broadcasts) {
      if (streams === 0) continue;
      if (event) this.#observer.delivered(event.type, streams);
      else for (let stream = 0; stream < streams; stream++) this.#observer.gap('epoch');
    }
  }
}
