import type { IncomingMessage, ServerResponse } from 'node:http';
import type { History, LoggedEvent } from '../core/event/event-log.ts';
import { Admission } from './admission.ts';
import { answerHead, type Refusal, refuse } from './answer.ts';
import { type Clock, systemClock } from './feed-clock.ts';
import type { DropReason, FeedObserver } from './feed-observer.ts';
import { Hub } from './hub.ts';
import type { SnapshotServer } from './message.ts';
import { openingOf } from './opening.ts';
import { FEED_DEFAULTS, type FeedOptions } from './options.ts';
import { planReplay } from './replay.ts';
import { Stream } from './stream.ts';
import { BadParameter, readSubscription, type Subscription } from './subscription.ts';

const CARE_EVERY_MS = 1_000;

/** What the feed is made of. */
export interface FeedParts {
  readonly history: History;
  /** The present servers, ready to become JSON. */
  readonly snapshot: () => readonly SnapshotServer[];
  readonly observer: FeedObserver;
  readonly options?: Partial<FeedOptions>;
  readonly clock?: Clock;
  /** Between 0 and 1: spreads what all clients would otherwise do at the same moment. */
  readonly random?: () => number;
}

/** The event feed, `GET /events`: server-sent events, or one JSON object per line. */
export interface Feed {
  /** Answers a GET or HEAD request: 200 with a stream, 400 on a bad parameter, 429 or 503 with `Retry-After` where there is no place. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Tells all streams of an event that the history holds already. Events come in the order of their sequence. */
  publish(logged: LoggedEvent): void;
  /** Changes limits and times: for streams that are opened from now on, since a reader was informed of those of its stream. */
  configure(options: Partial<FeedOptions>): void;
  /** Ends all streams in good order, cuts those that do not take it within `closeMs`, and lets nobody in any more. */
  close(): Promise<void>;
}

/** Builds the feed. Until it is closed it looks after its streams once a second, by a timer that keeps no process alive. */
export function createFeed({ clock = systemClock, random = Math.random, options, ...parts }: FeedParts): Feed {
  return new EventFeed({ ...parts, clock, random, options: { ...FEED_DEFAULTS, ...options } });
}

interface WholeParts extends Required<FeedParts> {
  readonly options: FeedOptions;
}

class EventFeed implements Feed {
  #parts: WholeParts;
  readonly #admission: Admission;
  readonly #hub: Hub;
  #stopCaring: () => void;
  #closed: Promise<void> | null = null;

  constructor(parts: WholeParts) {
    const { observer, options } = parts;
    this.#parts = parts;
    this.#admission = new Admission(() => this.#parts.options);
    this.#hub = new Hub(observer);
    this.#stopCaring = this.#care(options.heartbeatMs);
  }

  configure(options: Partial<FeedOptions>): void {
    const before = this.#parts.options;
    this.#parts = { ...this.#parts, options: { ...FEED_DEFAULTS, ...options } };
    this.#stopCaring();
    // Streams with the former heartbeat go on.
    this.#stopCaring = this.#care(Math.min(before.heartbeatMs, this.#parts.options.heartbeatMs));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    // Who has left while others looked at the request would never give a place back.
    if (request.socket.destroyed) return;
    const subscription = subscriptionOf(request);
    if ('status' in subscription) refuse(response, subscription);
    else if (request.method === 'HEAD') answerHead(response, subscription.format);
    else this.#admit(request, response, subscription);
  }

  publish(logged: LoggedEvent): void {
    this.#hub.publish(logged);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #care(heartbeatMs: number): () => void {
    return this.#parts.clock.every(Math.min(CARE_EVERY_MS, heartbeatMs), () => this.#hub.care());
  }

  #admit(request: IncomingMessage, response: ServerResponse, subscription: Subscription): void {
    const refusal = this.#enter(request, response);
    if (refusal) refuse(response, refusal);
    else this.#open(request, response, subscription);
  }

  /** Takes a place for as long as the response lasts, or says why there is none. */
  #enter(request: IncomingMessage, response: ServerResponse): Refusal | null {
    if (this.#closed) return { status: 503, code: 'shutting_down', message: 'the exporter is shutting down' };
    const entry = this.#admission.enter(request.socket.remoteAddress ?? '');
    if (entry.kind === 'refused') return this.#turnAway(entry.reason);
    response.once('close', entry.leave);
    return null;
  }

  #turnAway(reason: Extract<DropReason, `max_${string}`>): Refusal {
    const { observer, options } = this.#parts;
    observer.dropped(reason);
    if (reason === 'max_clients') {
      return { status: 503, code: reason, message: `all ${options.maxClients} streams are taken` };
    }
    const message = `this address has ${options.maxClientsPerAddress} streams already`;
    return { status: 429, code: reason, message };
  }

  // Nothing between reading the head of the history and joining the hub may wait: an event could slip between.
  #open(request: IncomingMessage, response: ServerResponse, subscription: Subscription): void {
    const { history, observer, options, clock, random } = this.#parts;
    const opening = this.#opening(subscription);
    const stream = new Stream({ request, response, subscription, history, opening, options, clock, random });
    this.#hub.add(stream);
    observer.connected();
    response.once('close', () => {
      this.#hub.remove(stream);
      observer.disconnected();
    });
    if (subscription.poll) stream.conclude();
  }

  #opening(subscription: Subscription): Buffer[] {
    const { history, snapshot, observer, options, clock, random } = this.#parts;
    const replay = planReplay(history, subscription, options, clock.now());
    for (const { reason } of replay.gaps) observer.gap(reason);
    observer.replayed(replay.events.length);
    const retryMs = Math.round(options.retryMs * (1 + random()));
    return openingOf({ history, subscription, replay, snapshot, heartbeatMs: options.heartbeatMs, retryMs });
  }

  async #close(): Promise<void> {
    const { clock, options } = this.#parts;
    const callOff = clock.after(options.closeMs, () => this.#hub.cut());
    this.#hub.bye('shutdown');
    await this.#hub.emptied();
    callOff();
    this.#stopCaring();
  }
}

function subscriptionOf(request: IncomingMessage): Subscription | Refusal {
  try {
    return readSubscription(request.url ?? '', request.headers);
  } catch (error) {
    if (error instanceof BadParameter) return { status: 400, code: 'bad_parameter', message: error.message };
    throw error;
  }
}
