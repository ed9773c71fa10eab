import { EventEmitter, once } from 'node:events';
import { createFeedClient } from '../../../src/follow/feed/feed-client.ts';
import type { FollowedEvent } from '../../../src/follow/feed/feed-event.ts';
import { type Clock, systemClock } from '../../../src/follow/follow-clock.ts';
import { Feeds } from '../../../src/follow/session/feeds.ts';
import type { FollowStatus } from '../../../src/follow/session/follow-status.ts';
import { Follower, type FollowerOptions } from '../../../src/follow/session/follower.ts';
import { type FollowState, NO_STATE } from '../../../src/follow/session/state.ts';

/** What a test chooses of a follower: what was kept for its address, and the feeds that it shares with others. */
interface FollowingOptions extends Partial<Omit<FollowerOptions, 'route'>> {
  readonly state?: FollowState;
  readonly feeds?: Feeds;
}

/** A follower that keeps all that it was told. */
export class Following {
  readonly events: FollowedEvent[] = [];
  readonly statuses: FollowStatus[] = [];
  /** The last saved state. */
  state: FollowState = NO_STATE;
  readonly ended: Promise<void>;
  readonly #ending = new AbortController();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(url: string, options: FollowingOptions = {}, clock: Clock = systemClock) {
    const { handle = async () => {}, state: kept = NO_STATE, feeds = new Feeds(), ...others } = options;
    const follower = new Follower({
      client: createFeedClient(
        { url, authorization: async () => null, tls: async () => ({}) },
        { scope: others.scope ?? null, hosts: [], servers: [], types: [] },
      ),
      clock,
      random: () => 0,
      scope: null,
      route: feeds.add(kept, (state) => {
        this.state = state;
        this.#changes.emit('change');
      }),
      since: null,
      isOnce: false,
      wants: () => true,
      handle: async (event) => {
        this.events.push(event);
        this.#changes.emit('change');
        await handle(event);
      },
      onReplay: () => {},
      onStatus: (status) => {
        this.statuses.push(status);
        this.#changes.emit('change');
      },
      ...others,
    });
    this.ended = follower.run(this.#ending.signal);
    this.ended.catch(() => {});
  }

  /** Settles as soon as `holds` does; rejects after 10 s. */
  async until(holds: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    while (!holds()) {
      await once(this.#changes, 'change', { signal }).catch(() => {
        throw new Error(`never so: ${holds}; handled: ${JSON.stringify(this.ids)}; ${JSON.stringify(this.statuses)}`);
      });
    }
  }

  /** Settles when it has opened `count` streams. */
  opened(count = 1): Promise<void> {
    return this.until(() => this.statuses.filter(({ kind }) => kind === 'connected').length >= count);
  }

  /** Ids of what was handled, in order. */
  get ids(): (string | null)[] {
    return this.events.map(({ id }) => id);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.ended.catch(() => {});
  }
}
