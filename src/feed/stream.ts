import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventId, type History } from '../core/event/event-log.ts';
import { beginStream } from './answer.ts';
import type { Broadcast } from './broadcast.ts';
import { Channel } from './channel.ts';
import { matchesEvent } from './event-filter.ts';
import type { Clock } from './feed-clock.ts';
import type { ByeReason } from './message.ts';
import type { FeedOptions } from './options.ts';
import type { Subscription } from './subscription.ts';

/** What a stream is made of. */
export interface StreamParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly subscription: Subscription;
  readonly history: History;
  /** Blocks that come before the first live event, and tell all there is to tell up to the head of the history. */
  readonly opening: readonly Buffer[];
  readonly options: FeedOptions;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** What came of looking after a stream: it goes on, or its reader was cut off and why. */
export type Care = 'fine' | 'slow' | 'stalled';

/** One reader of the feed. */
export class Stream {
  readonly #parts: Omit<StreamParts, 'opening'>;
  readonly #channel: Channel;
  readonly #endsAt: number;
  #position: number;
  #phase: 'open' | 'ending' | 'cut' = 'open';

  /** Answers the request: from now on the response belongs to the stream. */
  constructor({ opening, ...parts }: StreamParts) {
    const { request, response, subscription, history, clock, options, random } = parts;
    // The opening is not kept: a small buffer holds on to the whole page that it was cut from.
    this.#parts = parts;
    this.#position = history.head;
    this.#endsAt = clock.steady() + options.maxAgeMs * (0.8 + 0.2 * random());
    beginStream(request, response, subscription.format);
    this.#channel = new Channel(response, opening, clock, options);
  }

  /** Sends the events that the filter lets pass. What the opening told is not told again. */
  deliver(broadcasts: readonly Broadcast[]): void {
    if (this.#phase !== 'open') return;
    const { filter, format } = this.#parts.subscription;
    const news = broadcasts.filter(({ logged }) => logged.seq > this.#position);
    const wanted = news.filter(({ logged }) => matchesEvent(filter, logged.event));
    this.#position = news.at(-1)?.logged.seq ?? this.#position;
    this.#channel.send(wanted.map((broadcast) => broadcast.bytesFor(format)));
    for (const broadcast of wanted) broadcast.streams++;
  }

  /** Does what the time asks for: cuts a reader that does not keep up, ends a stream of full age, breaks a long silence. */
  care(): Care {
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

  /** Ends the stream in good order: says so, and when to come back. */
  bye(reason: ByeReason): void {
    if (this.#phase !== 'open') return;
    const { subscription, random } = this.#parts;
    const retryMs = 1_000 + Math.round(4_000 * random());
    this.#send(subscription.format.message({ type: 'bye', reason, retry_ms: retryMs }));
    this.#send(subscription.format.retry(retryMs));
    this.#end();
  }

  /** Ends a stream that only asked for the past, with a heartbeat that leaves the reader's cursor at the newest event. */
  conclude(): void {
    this.#beat();
    this.#end();
  }

  /** Cuts the connection, whatever still waits for it. */
  cut(): void {
    this.#phase = 'cut';
    this.#parts.request.socket.destroy();
  }

  // The position, not the head of the history: what was published but has not gone out here yet must still be missed after a cut.
  #beat(): void {
    const { subscription, history } = this.#parts;
    this.#send(subscription.format.heartbeat(eventId(history.epoch, this.#position)));
  }

  #send(text: string): void {
    if (text !== '') this.#channel.send([Buffer.from(text)]);
  }

  #end(): void {
    this.#phase = 'ending';
    this.#channel.end();
  }
}
