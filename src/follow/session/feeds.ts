import { EventEmitter, once } from 'node:events';
import { Progress } from './progress.ts';
import { epochOf, type FollowState, isBehind, NO_STATE } from './state.ts';

/** The log and the machine that a stream belongs to, as its hello names them; null for what it does not name. */
export interface FeedIdentity {
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

  constructor(state: FollowState) {
    this.#epoch = epochOf(state.cursor);
    this.progress = new Progress(state, (kept) => {
      for (const route of this.routes) route.keep(kept);
    });
  }

  /** Cloned machines have logs with the same epoch, so the machine must match, too. */
  is({ epoch, host }: FeedIdentity): boolean {
    return epoch !== null && epoch === this.#epoch && this.#isOn(host);
  }

  /** Whether a new log at this address continues this feed: yes if the exporter lost its log, no if only this address now leads elsewhere. */
  mayBecome({ host }: FeedIdentity, route: Route): boolean {
    return this.#isOn(host) || [...this.routes].every((other) => other === route);
  }

  isFollowedBeside(route: Route): boolean {
    return this.follower !== null && this.follower !== route;
  }

  follow(route: Route, { epoch, host }: FeedIdentity): void {
    const isOtherLog = epoch !== this.#epoch;
    if (isOtherLog) this.routes.clear();
    this.routes.add(route);
    this.follower = route;
    this.#epoch = epoch;
    this.progress.begin(host, isOtherLog);
  }

  #isOn(host: string | null): boolean {
    return host === null || this.progress.host === null || host === this.progress.host;
  }
}

/** An address of an exporter, and the feed that it leads to. */
export class Route {
  readonly #feeds: Feeds;
  /** Saves the state for the next run with this address. */
  readonly keep: (state: FollowState) => void;
  feed: Feed;

  constructor(feeds: Feeds, feed: Feed, keep: (state: FollowState) => void) {
    this.#feeds = feeds;
    this.keep = keep;
    this.feed = feed;
  }

  get progress(): Progress {
    return this.feed.progress;
  }

  /** Whether there is no other address. */
  get isAlone(): boolean {
    return this.#feeds.size === 1;
  }

  /** Whether its feed is followed through this address. */
  get isFollowed(): boolean {
    return this.feed.follower === this;
  }

  /** Decides about a stream of this address that has named its feed. */
  enter(identity: FeedIdentity): Turn {
    const known = this.#feeds.find(identity, this);
    if (known && known !== this.feed) return this.#join(known);
    const isLeft = this.feed.isFollowedBeside(this) || !(known || this.feed.mayBecome(identity, this));
    if (isLeft) return this.#join(this.#feeds.create(NO_STATE));
    this.feed.follow(this, identity);
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
    if (this.feed.isFollowedBeside(this)) await once(this.feed.changes, 'free', { signal }).catch(() => {});
  }

  #join(feed: Feed): Turn {
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
  #size = 0;

  /** The number of addresses. */
  get size(): number {
    return this.#size;
  }

  /** Adds an address with its saved state. */
  add(state: FollowState, keep: (state: FollowState) => void): Route {
    this.#size++;
    return new Route(this, this.create(state), keep);
  }

  create(state: FollowState): Feed {
    const feed = new Feed(state);
    this.#feeds.add(feed);
    return feed;
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
