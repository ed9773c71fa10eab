import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoggedEvent } from '../core/event/event-log.ts';
import { type FeedScope, HOST_WITHOUT_FLEET } from '../core/fleet/feed-scope.ts';
import type { Fleet } from '../core/fleet/fleet.ts';
import type { FleetEvent } from '../core/fleet/fleet-log.ts';
import { Admission, type FeedClient } from './admission.ts';
import { answerHead, refuse } from './answer.ts';
import { Audience } from './audience.ts';
import { type Clock, systemClock } from './feed-clock.ts';
import type { FeedObserver } from './feed-observer.ts';
import { openingOf } from './opening.ts';
import { FEED_DEFAULTS, type FeedOptions, HUB_FEED_DEFAULTS } from './options.ts';
import { badParameter, noPlace, noScope, type Refusal, SHUTTING_DOWN } from './refusal.ts';
import { planReplay } from './replay.ts';
import { fleetEvent, LocalEvent } from './source/feed-event.ts';
import type { Beginning } from './source/feed-source.ts';
import { FleetSource } from './source/fleet-source.ts';
import { type LocalParts, LocalSource } from './source/local-source.ts';
import { Stream } from './stream.ts';
import { StreamPlace } from './stream-place.ts';
import { BadParameter, readSubscription, type Subscription } from './subscription.ts';

const MAINTAIN_EVERY_MS = 1_000;

/** Options of {@link createFeed}. */
export interface FeedParts {
  /** The events of this exporter; null on a hub, which has none of its own. */
  readonly local: LocalParts | null;
  /** The fleet whose events are served; null on an exporter that is no hub. */
  readonly fleet: Fleet | null;
  /** The name of this machine, as events give it. */
  readonly host: string;
  readonly observer: FeedObserver;
  readonly options?: Partial<FeedOptions>;
  readonly clock?: Clock;
  /** A random number between 0 and 1: it keeps clients from acting all at the same moment. */
  readonly random?: () => number;
}

/** Says who sends a request. It never rejects. */
export type HolderOf = () => Promise<FeedClient['holder']>;

/** The event feed, `GET /events`: server-sent events, or one JSON object per line. */
export interface Feed {
  /** Answers a GET or HEAD request: 200 with a stream, 400 on a bad parameter, 429 or 503 with `Retry-After` if there is no place. `holderOf` is asked who would take a place: see {@link FeedClient.holder}. */
  handle(request: IncomingMessage, response: ServerResponse, holderOf?: HolderOf): void;
  /** Sends an event of this exporter to all streams about it; it is already in the history. Events come in the order of their sequence. */
  publish(logged: LoggedEvent): void;
  /**
   * Sends an event of the fleet to all streams about it; it is already in the log of the fleet. Events come in the order
   * of their sequence. One that is not new was published in a former log. Only streams that began after a log was replaced
   * get it.
   */
  publishOfFleet(event: FleetEvent, isNew: boolean): void;
  /** Changes limits and times, for new streams only: each reader was informed of the values of its stream. */
  configure(options: Partial<FeedOptions>): void;
  /** Ends all streams with a `bye`, cuts those that do not read it within `closeMs`, and refuses new ones. */
  close(): Promise<void>;
}

/** Creates the feed. Until it is closed, it checks its streams once a second, with a timer that does not keep the process alive. */
export function createFeed({ clock = systemClock, random = Math.random, options, ...parts }: FeedParts): Feed {
  return new EventFeed({ ...parts, clock, random, options: withDefaults(parts, options) });
}

function withDefaults({ local }: Pick<FeedParts, 'local'>, options: Partial<FeedOptions> = {}): FeedOptions {
  return { ...(local ? FEED_DEFAULTS : HUB_FEED_DEFAULTS), ...options };
}

interface WholeParts extends Required<FeedParts> {
  readonly options: FeedOptions;
}

class EventFeed implements Feed {
  #parts: WholeParts;
  readonly #admission: Admission;
  readonly #audiences: Readonly<Record<FeedScope, Audience | null>>;
  #stopMaintaining: () => void;
  #closed: Promise<void> | null = null;

  constructor(parts: WholeParts) {
    const { local, fleet, host, observer, options, clock } = parts;
    this.#parts = parts;
    this.#admission = new Admission(() => this.#parts.options);
    const sourceOf = (served: Fleet) =>
      new FleetSource({ fleet: served, host, clock, options: () => this.#parts.options });
    this.#audiences = {
      local: local && new Audience(new LocalSource(local, host, clock), observer, clock),
      fleet: fleet && new Audience(sourceOf(fleet), observer, clock),
    };
    this.#stopMaintaining = this.#maintain(options.heartbeatMs);
  }

  configure(options: Partial<FeedOptions>): void {
    const before = this.#parts.options;
    this.#parts = { ...this.#parts, options: withDefaults(this.#parts, options) };
    this.#stopMaintaining();
    // Older streams keep their former heartbeat.
    this.#stopMaintaining = this.#maintain(Math.min(before.heartbeatMs, this.#parts.options.heartbeatMs));
  }

  handle(request: IncomingMessage, response: ServerResponse, holderOf: HolderOf = async () => null): void {
    const wish = this.#wishOf(request);
    if ('status' in wish) refuse(response, wish);
    else if (request.method === 'HEAD') answerHead(response, wish.subscription.format);
    else void this.#admit(request, response, wish, holderOf);
  }

  publish(logged: LoggedEvent): void {
    const { local } = this.#audiences;
    local?.publish(new LocalEvent(logged, local.source.epoch));
  }

  publishOfFleet(event: FleetEvent, isNew: boolean): void {
    this.#audiences.fleet?.publish(fleetEvent(event), isNew);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #present(): Audience[] {
    return [this.#audiences.local, this.#audiences.fleet].filter((audience) => audience !== null);
  }

  #maintain(heartbeatMs: number): () => void {
    return this.#parts.clock.every(Math.min(MAINTAIN_EVERY_MS, heartbeatMs), () => {
      for (const audience of this.#present) audience.maintain();
    });
  }

  /** Reads what a request asks for, or says why it gets no stream. */
  #wishOf(request: IncomingMessage): Wish | Refusal {
    const subscription = subscriptionOf(request);
    if ('status' in subscription) return subscription;
    const scope = subscription.scope ?? (this.#audiences.local ? 'local' : 'fleet');
    const audience = this.#audiences[scope];
    if (!audience) return noScope(scope);
    return scope === 'local' && subscription.filter.hosts.length > 0
      ? badParameter(HOST_WITHOUT_FLEET)
      : { subscription, audience };
  }

  async #admit(request: IncomingMessage, response: ServerResponse, wish: Wish, holderOf: HolderOf): Promise<void> {
    const { socket } = request;
    const holder = await holderOf();
    // The client may have disconnected, or ended its side, before its turn; its place would never be freed.
    if (socket.destroyed) return;
    if (socket.readableEnded && !wish.subscription.poll) {
      socket.destroy();
      return;
    }
    const refusal = this.#enter(request, response, holder);
    if (refusal) refuse(response, refusal);
    else this.#open(request, response, wish);
  }

  /** Takes a place for as long as the response lasts, or says why there is none. */
  #enter(request: IncomingMessage, response: ServerResponse, holder: string | null): Refusal | null {
    if (this.#closed) return SHUTTING_DOWN;
    const { observer, options } = this.#parts;
    const { socket } = request;
    const cut = () => {
      observer.dropped('max_clients');
      socket.destroy();
    };
    const entry = this.#admission.enter({ address: socket.remoteAddress ?? '', holder }, cut);
    if (entry.kind === 'refused') {
      observer.dropped(entry.reason);
      return noPlace(entry.reason, options);
    }
    response.once('close', entry.leave);
    return null;
  }

  #open(request: IncomingMessage, response: ServerResponse, { subscription, audience }: Wish): void {
    const { observer, options, clock, random } = this.#parts;
    const { source } = audience;
    const stream = new Stream({ request, response, subscription, source, options, clock, random });
    audience.add(stream);
    observer.connected();
    response.once('close', () => {
      audience.remove(stream);
      observer.disconnected();
    });
    source.begin(
      subscription,
      () => stream.isOver,
      (beginning) => this.#begin(stream, { subscription, audience }, beginning),
    );
    stream.wait();
  }

  // No `await` here: an event could be lost between reading the log and the place of the stream.
  #begin(stream: Stream, { subscription, audience }: Wish, beginning: Beginning): void {
    const { observer, options, random } = this.#parts;
    const { source } = audience;
    const { filter, format, poll } = subscription;
    const replay = planReplay(source, beginning, subscription, options);
    for (const { reason } of replay.gaps) observer.gap(reason);
    observer.replayed(replay.events.length);
    const retryMs = Math.round(options.retryMs * (1 + random()));
    const opening = openingOf({ source, filter, format, replay, heartbeatMs: options.heartbeatMs, retryMs });
    stream.begin(opening, new StreamPlace(audience.generation, source.head, source.cursorAt(source.head)));
    if (poll) stream.conclude();
  }

  async #close(): Promise<void> {
    const { clock, options } = this.#parts;
    const audiences = this.#present;
    const callOff = clock.after(options.closeMs, () => {
      for (const audience of audiences) audience.cut();
    });
    for (const audience of audiences) audience.bye('shutdown');
    await Promise.all(audiences.map((audience) => audience.emptied()));
    callOff();
    this.#stopMaintaining();
  }
}

/** What a reader asks for. */
interface Wish {
  readonly subscription: Subscription;
  /** Serves the events that it wants. */
  readonly audience: Audience;
}

function subscriptionOf(request: IncomingMessage): Subscription | Refusal {
  try {
    return readSubscription(request.url ?? '', request.headers);
  } catch (error) {
    if (error instanceof BadParameter) return badParameter(error.message);
    throw error;
  }
}
