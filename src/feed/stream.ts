import type { IncomingMessage, ServerResponse } from 'node:http';
import { beginStream } from './answer.ts';
import type { Batch } from './batch.ts';
import { Channel } from './channel.ts';
import type { Clock } from './feed-clock.ts';
import type { FeedOptions } from './options.ts';
import type { FeedSource } from './source/feed-source.ts';
import type { ByeReason } from './stream-message.ts';
import type { StreamPlace } from './stream-place.ts';
import type { Subscription } from './subscription.ts';

/** Options of a {@link Stream}. */
export interface StreamParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly subscription: Subscription;
  readonly source: Pick<FeedSource, 'downSeconds' | 'present'>;
  readonly options: FeedOptions;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** The result of a check: the stream continues, or its reader was disconnected for this reason. */
export type StreamStatus = 'fine' | 'slow' | 'stalled';

/** The stream of one reader of the feed. */
export class Stream {
  readonly #parts: StreamParts;
  readonly #channel: Channel;
  readonly #endsAt: number;
  /** Null until the stream begins. */
  #place: StreamPlace | null = null;
  #phase: 'open' | 'ending' | 'cut' = 'open';

  /** Answers the request. From now on the response belongs to the stream. */
  constructor(parts: StreamParts) {
    const { request, response, subscription, clock, options, random } = parts;
    this.#parts = parts;
    this.#endsAt = clock.steady() + options.maxAgeMs * (0.8 + 0.2 * random());
    beginStream(request, response, subscription.format);
    this.#channel = new Channel(response, clock, options);
  }

  /** Whether nothing more can be sent. */
  get isOver(): boolean {
    return this.#phase !== 'open' || this.#parts.response.destroyed;
  }

  /** Sends the headers, if the stream has to wait for its beginning. */
  wait(): void {
    if (!this.#place) this.#parts.response.flushHeaders();
  }

  /** Sends the blocks before the first live event. They cover everything up to `place`. */
  begin(opening: readonly Buffer[], place: StreamPlace): void {
    this.#place = place;
    this.#channel.open(opening);
  }

  /** Sends the events that match the filter, without those that the opening contained. Gives whether there were any. */
  deliver(batch: Batch): boolean {
    if (this.#phase !== 'open' || !this.#place) return false;
    const { filter, format } = this.#parts.subscription;
    const wanted = this.#place.pass(batch.broadcasts, filter);
    if (wanted.length === 0) return false;
    this.#channel.send(batch.blocksOf(wanted, format));
    for (const broadcast of wanted) broadcast.streams++;
    return true;
  }

  /** Checks the stream: disconnects a reader that is too slow, ends a stream of full age, and sends a heartbeat after a silence. */
  maintain(): StreamStatus {
    if (this.#phase === 'cut') return 'fine';
    const { clock, options } = this.#parts;
    const { pressure } = this.#channel;
    if (pressure !== 'none') {
      this.cut();
      return pressure;
    }
    if (this.#phase === 'ending' || this.#channel.blocked) return 'fine';
    if (clock.steady() >= this.#endsAt) this.bye('max_age');
    else if (this.#channel.silentMs >= options.heartbeatMs) this.#beat();
    return 'fine';
  }

  /** Ends the stream with a `bye` and the time to wait before a reconnect. */
  bye(reason: ByeReason): void {
    if (this.#phase !== 'open') return;
    const { subscription, random } = this.#parts;
    const retryMs = 1_000 + Math.round(4_000 * random());
    this.#send(subscription.format.message({ type: 'bye', reason, retry_ms: retryMs }));
    this.#send(subscription.format.retry(retryMs));
    this.#end();
  }

  /** Ends a stream of past events only, with a heartbeat that moves the reader's cursor to the newest event. */
  conclude(): void {
    this.#beat();
    this.#end();
  }

  /** Cuts the connection, even if bytes are still queued. */
  cut(): void {
    this.#phase = 'cut';
    this.#parts.request.socket.destroy();
  }

  // The place of the stream, not the head of the log: after a cut, the reader must still miss what was published but not sent to it.
  #beat(): void {
    const { subscription, source } = this.#parts;
    const cursor = this.#place && source.present(this.#place.cursor);
    this.#send(subscription.format.heartbeat(cursor, source.downSeconds()));
  }

  #send(text: string): void {
    if (text !== '') this.#channel.send([Buffer.from(text)]);
  }

  #end(): void {
    this.#phase = 'ending';
    this.#channel.end();
  }
}
