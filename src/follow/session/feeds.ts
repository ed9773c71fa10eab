import { EventEmitter, once } from 'node:events';
import { isBehind, logOf } from './cursor.ts';
import { Progress } from './progress.ts';
import { type FollowState, NO_STATE } from './state.ts';

/** The log and the machine that a stream belongs to, as its hello names them; null for what it does not name. */
export interface FeedIdentity {
  /** Whether it is the log of a fleet. Any hub serves it, so it belongs to no machine. */
  readonly isFleet: boolean;
  readonly epoch: string | null;
  readonly host: string | null;
}

/**
 * What to do with a stream, once it has named its feed: follow it, open it again from the cursor of that feed, or close it because the feed is
 * followed through another address.
 */
export type Turn = 'follow' | 'reopen' | 'standby';

/** One feed, whatever addresses lead to it. */
class Feed {
  readonly progress: Progress;
  /** The addresses that have led to this log. */
  readonly routes = new Set<Route>();
  readonly changes = new EventEmitter().setMaxListeners(0);
  /** The address through which it is followed now; null if it is not. */
  follower: Route | null = null;
  #epoch: string | null;

  /** Continues from a state, or from where another feed is. */
  constructor(from: FollowState | Feed) {
    const save = (kept: FollowState) => {
      for (const route of this.routes) route.keep(kept);
    };
    this.progress = from instanceof Feed ? from.progress.fork(save) : new Progress(from, save);
    this.#epoch = logOf(this.progress.received.cursor)?.epoch ?? null;
  }

  /** Cloned machines have logs with the same epoch, so the machine must match, too. */
  is(identity: FeedIdentity): boolean {
    const { epoch, isFleet } = identity;
    return epoch !== null && epoch === this.#epoch && isFleet === this.progress.isFleet && this.#isOn(identity);
  }

  /** Whether a new log at this address continues this feed: yes if the exporter or the bus lost its log, no if only this address now leads elsewhere. */
  mayBecome(identity: FeedIdentity, route: Route): boolean {
    const isSame = identity.isFleet === this.progress.isFleet && this.#isOn(identity);
    return isSame || [...this.routes].every((other) => other === route);
  }

  isFollowedBeside(route: Route): boolean {
    return this.follower !== null && this.follower !== route;
  }

  follow(route: Route, identity: FeedIdentity): void {
    const { epoch } = identity;
    const isOtherLog = epoch !== this.#epoch;
    // The other hubs of a fleet get its new log, too: they share what is saved, also before they say so.
    const isRenewed = identity.isFleet && this.progress.isFleet;
    if (isOtherLog && !isRenewed) this.routes.clear();
    this.routes.add(route);
    this.follower = route;
    this.#epoch = epoch;
    this.progress.begin(identity, isOtherLog);
  }

  #isOn({ host }: FeedIdentity): boolean {
    return host === null || this.progress.host === null || host === this.progress.host;
  }
}

/** How long a hub that cannot read the bus is left alone, if the others cannot read it either. */
const BLIND_MS = 60_000;

/** An address of an exporter, and the feed that it leads to. */
export class Route {
  readonly #feeds: Feeds;
  /** Saves the state for the next run with this address. */
  readonly keep: (state: FollowState) => void;
  feed: Feed;
  #isRefused = false;
  /** Whether it stands by. */
  #isWaiting = false;
  /** When this hub last said that it cannot read the bus. */
  #blindAt: number | null = null;

  constructor(feeds: Feeds, feed: Feed, keep: (state: FollowState) => void) {
    this.#feeds = feeds;
    this.keep = keep;
    this.feed = feed;
  }

  get progress(): Progress {
    return this.feed.progress;
  }

  /** Takes that the exporter refuses the request as invalid. Returns whether those at all other addresses do, too. */
  refuse(): boolean {
    this.#isRefused = true;
    return this.#feeds.routes.every((route) => route.#isRefused);
  }

  /** Whether its feed is followed through this address. */
  get isFollowed(): boolean {
    return this.feed.follower === this;
  }

  /** Decides about a stream of this address that has named its feed. */
  enter(identity: FeedIdentity): Turn {
    this.#isRefused = false;
    const known = this.#feeds.find(identity, this);
    if (known && (known !== this.feed || known.isFollowedBeside(this))) return this.#join(known);
    const isLeft = this.feed.isFollowedBeside(this) || !(known || this.feed.mayBecome(identity, this));
    if (isLeft) return this.#join(new Feed(this.#isRenewed(identity) ? this.feed : NO_STATE));
    this.feed.follow(this, identity);
    this.#feeds.keep(this.feed);
    return 'follow';
  }

  /** Lets other addresses follow the feed, after the stream has ended; `isInDoubt` if servers may have died without an event. */
  leave(isInDoubt: boolean): void {
    if (!this.isFollowed) return;
    this.progress.interrupted(isInDoubt);
    this.feed.follower = null;
    this.feed.changes.emit('free');
  }

  /** Resolves when the feed is not followed through another address, or `signal` is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    if (!this.feed.isFollowedBeside(this)) return;
    this.#isWaiting = true;
    await once(this.feed.changes, 'free', { signal }).catch(() => {});
    this.#isWaiting = false;
  }

  /** Takes that this hub cannot read the bus. Returns whether another one is ready that was not found so within the last minute. `now` is in milliseconds of the steady clock. */
  yields(now: number): boolean {
    this.#blindAt = now;
    return [...this.feed.routes].some(
      (route) => route.#isWaiting && now - (route.#blindAt ?? Number.NEGATIVE_INFINITY) >= BLIND_MS,
    );
  }

  /** Whether the feed of a fleet is about to get a new log, of which the hub that is followed does not know yet: nothing may be missed between the two. */
  #isRenewed({ isFleet }: FeedIdentity): boolean {
    return isFleet && this.feed.progress.isFleet;
  }

  #join(feed: Feed): Turn {
    this.leave(false);
    this.feed.routes.delete(this);
    this.feed = feed;
    if (!feed.isFollowedBeside(this)) return 'reopen';
    feed.routes.add(this);
    return 'standby';
  }
}

/** The feeds behind several addresses. Each feed is followed through one address at a time, so that no event is handled twice. */
export class Feeds {
  readonly #feeds = new Set<Feed>();
  readonly #routes: Route[] = [];

  /** All addresses. */
  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** Adds an address with its saved state. */
  add(state: FollowState, keep: (state: FollowState) => void): Route {
    const feed = new Feed(state);
    const route = new Route(this, feed, keep);
    this.keep(feed);
    this.#routes.push(route);
    return route;
  }

  /** Remembers how far a feed has come, also when no address leads to it any more. One that was never followed is forgotten with its address. */
  keep(feed: Feed): void {
    this.#feeds.add(feed);
  }

  /** Finds the feed of an identity: one that is followed through another address, else the one with the newest cursor. */
  find(identity: FeedIdentity, asking: Route): Feed | undefined {
    const feeds = [asking.feed, ...this.#feeds].filter((feed) => feed.is(identity));
    return feeds.find((feed) => feed.isFollowedBeside(asking)) ?? feeds.reduce<Feed | undefined>(furthest, undefined);
  }
}

function furthest(one: Feed | undefined, other: Feed): Feed {
  return one === undefined || isBehind(one.progress.received, other.progress.received) ? other : one;
}
