import type { IncomingMessage, ServerResponse } from 'node:http';
import type { History, LoggedEvent } from '../core/event/event-log.ts';
import { Admission } from './admission.ts';
import { answerHead, type Refusal, refuse } from './answer.ts';
import { type Clock, systemClock } from './feed-clock.ts';
import type { DropReason, FeedObserver } from './feed-observer.ts';
import { Hub } from './hub.ts';
import { openingOf } from './opening.ts';
import { FEED_DEFAULTS, type FeedOptions } from './options.ts';
import { planReplay } from './replay.ts';
import { Stream } from './stream.ts';
import type { SnapshotServer } from './stream-message.ts';
import { BadParameter, readSubscription, type Subscription } from './subscription.ts';

const MAINTAIN_EVERY_MS = 1_000;

/** Options of {@link createFeed}. */
export interface FeedParts {
  readonly history: History;
  /** The name of this machine, as events give it. */
  readonly host: string;
  /** The present servers, ready to become JSON. */
  readonly snapshot: () => readonly SnapshotServer[];
  readonly observer: FeedObserver;
  readonly options?: Partial<FeedOptions>;
  readonly clock?: Clock;
  /** A random number between 0 and 1: it keeps clients from acting all at the same moment. */
  readonly random?: () => number;
}

/** The event feed, `GET /events`: server-sent events, or one JSON object per line. */
export interface Feed {
  /** Answers a GET or HEAD request: 200 with a stream, 400 on a bad parameter, 429 or 503 with `Retry-After` if there is no place. `login` is an opaque id of the token or user of the client; null for none. */
  handle(request: IncomingMessage, response: ServerResponse, login?: string | null): void;
  /** Sends an event to all streams; it is already in the history. Events come in the order of their sequence. */
  publish(logged: LoggedEvent): void;
  /** Changes limits and times, for new streams only: each reader was informed of the values of its stream. */
  configure(options: Partial<FeedOptions>): void;
  /** Ends all streams with a `bye`, cuts those that do not read it within `closeMs`, and refuses new ones. */
  close(): Promise<void>;
}

/** Creates the feed. Until it is closed, it checks its streams once a second, with a timer that does not keep the process alive. */
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
  #stopMaintaining: () => void;
  #closed: Promise<void> | null = null;

  constructor(parts: WholeParts) {
    const { observer, options } = parts;
    this.#parts = parts;
    this.#admission = new Admission(() => this.#parts.options);
    this.#hub = new Hub(observer);
    this.#stopMaintaining = this.#maintain(options.heartbeatMs);
  }

  configure(options: Partial<FeedOptions>): void {
    const before = this.#parts.options;
    this.#parts = { ...this.#parts, options: { ...FEED_DEFAULTS, ...options } };
    this.#stopMaintaining();
    // Older streams keep their former heartbeat.
    this.#stopMaintaining = this.#maintain(Math.min(before.heartbeatMs, this.#parts.options.heartbeatMs));
  }

  handle(request: IncomingMessage, response: ServerResponse, login: string | null = null): void {
    // The client may have disconnected in an earlier handler; its place would never be freed.
    if (request.socket.destroyed) return;
    const subscription = subscriptionOf(request);
    if ('status' in subscription) refuse(response, subscription);
    else if (request.method === 'HEAD') answerHead(response, subscription.format);
    else this.#admit(request, response, subscription, login);
  }

  publish(logged: LoggedEvent): void {
    this.#hub.publish(logged);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #maintain(heartbeatMs: number): () => void {
    return this.#parts.clock.every(Math.min(MAINTAIN_EVERY_MS, heartbeatMs), () => this.#hub.maintain());
  }

  #admit(request: IncomingMessage, response: ServerResponse, subscription: Subscription, login: string | null): void {
    const refusal = this.#enter(request, response, login);
    if (refusal) refuse(response, refusal);
    else this.#open(request, response, subscription);
  }

  /** Takes a place for as long as the response lasts, or says why there is none. */
  #enter(request: IncomingMessage, response: ServerResponse, login: string | null): Refusal | null {
    if (this.#closed) return { status: 503, code: 'shutting_down', message: 'the exporter is shutting down' };
    const entry = this.#admission.enter({ address: request.socket.remoteAddress ?? '', login });
    if (entry.kind === 'refused') return this.#turnAway(entry.reason);
    response.once('close', entry.leave);
    return null;
  }

  #turnAway(reason: Extract<DropReason, `max_${string}`>): Refusal {
    const { observer, options } = this.#parts;
    observer.dropped(reason);
    if (reason === 'max_clients') {
      return {
        status: 503,
        code: reason,
        message: `all ${options.maxClients} streams for clients like this one are taken`,
      };
    }
    const message = `this address has ${options.maxClientsPerAddress} streams already`;
    return { status: 429, code: reason, message };
  }

  // No `await` between reading the head of the history and joining the hub: an event could be lost between.
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
    const { history, host, snapshot, observer, options, clock, random } = this.#parts;
    const replay = planReplay(history, subscription, options, clock.now());
    for (const { reason } of replay.gaps) observer.gap(reason);
    observer.replayed(replay.events.length);
    const retryMs = Math.round(options.retryMs * (1 + random()));
    return openingOf({ history, host, subscription, replay, snapshot, heartbeatMs: options.heartbeatMs, retryMs });
  }

  async #close(): Promise<void> {
    const { clock, options } = this.#parts;
    const callOff = clock.after(options.closeMs, () => this.#hub.cut());
    this.#hub.bye('shutdown');
    await this.#hub.emptied();
    callOff();
    this.#stopMaintaining();
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
