import type { FeedScope } from '../../core/fleet/feed-scope.ts';
import type { FeedClient, Start } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import type { KnownServer } from '../feed/known-server.ts';
import type { SourceStatus } from '../feed/stream-message.ts';
import type { Clock } from '../follow-clock.ts';
import { backoffMs } from './backoff.ts';
import { reportVanished } from './comparison.ts';
import type { FeedIdentity, Route, Turn } from './feeds.ts';
import type { FollowStatus } from './follow-status.ts';
import type { Handle, Progress } from './progress.ts';
import { runSession } from './session.ts';
import type { SessionEnd } from './session-end.ts';
import { pauseAwake } from './suspension.ts';

/** Options of a {@link Follower}. */
export interface FollowerOptions {
  readonly client: FeedClient;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** The scope that the feed must have; null for any. */
  readonly scope: FeedScope | null;
  /** The address to follow, with its saved state. */
  readonly route: Route;
  /** Where to begin instead, such as `10m` or `all`; null continues from the state, or begins now. */
  readonly since: string | null;
  /** Whether to stop after the first wanted event. */
  readonly isOnce: boolean;
  readonly wants: (event: FollowedEvent) => boolean;
  readonly handle: Handle;
  /** Called before this many past events come at once. */
  readonly onReplay: (count: number) => void;
  readonly onStatus: (status: FollowStatus) => void;
}

/** Thrown if the exporters at all addresses refuse the request as invalid. The message of one of them says why. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  /** The code of the error, such as `no_fleet`; null if there is none. */
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

const BAD_REQUEST = 400;

/**
 * Follows the feed at an address, across restarts of either side. No event is lost, and none is handled twice in one life. If the feed is
 * followed through another address, it waits.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #fault = new AbortController();
  /** Aborted when the one wanted event was handled without a stream. */
  readonly #done = new AbortController();
  readonly #attempted = Promise.withResolvers<void>();
  #isInterrupted = false;
  #failures = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** The servers that are alive according to the feed. */
  get living(): readonly KnownServer[] {
    return this.#progress.witness.living;
  }

  /** Whether the feed is that of a fleet. */
  get isFleet(): boolean {
    return this.#progress.isFleet;
  }

  /** The machine of the exporter; null until it has said so, and for a fleet. */
  get host(): string | null {
    return this.#progress.host;
  }

  /** Resolves when the address was reached, or could not be. */
  get attempted(): Promise<void> {
    return this.#attempted.promise;
  }

  /** Whether the feed is being followed through this address. */
  get isFollowing(): boolean {
    return this.#options.route.isFollowed;
  }

  get #progress(): Progress {
    return this.#options.route.progress;
  }

  /** Follows until `signal` is aborted, or the one wanted event has been handled. Rejects with {@link BadRequest}, or with the error of a handler. */
  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#fault.signal, this.#done.signal]);
    while (!either.aborted) {
      const end = await this.#visit(either);
      if (end.kind === 'done' || either.aborted) break;
      if (end.kind === 'standby') {
        await this.#standBy(either);
        continue;
      }
      this.#interrupted(end);
      const ms = backoffMs(this.#failures, this.#options.random, 'retryMs' in end ? end.retryMs : 0);
      await pauseAwake(this.#options.clock, ms, either);
    }
    if (this.#fault.signal.aborted) throw this.#fault.signal.reason;
  }

  /** Opens one stream and follows it to its end. */
  async #visit(signal: AbortSignal): Promise<SessionEnd> {
    const { client, clock, scope, since, wants, handle, isOnce, onReplay, onStatus } = this.#options;
    const progress = this.#progress;
    const over = new AbortController();
    const whileOpen = AbortSignal.any([signal, over.signal]);
    const begin = since === null ? null : ({ kind: 'since', span: since } as const);
    const start = (progress.hasBegun ? null : begin) ?? progress.start ?? begin ?? { kind: 'now' };
    const end = await runSession(
      {
        client,
        clock,
        progress,
        start,
        scope,
        wants,
        handle,
        isOnce,
        onOpen: (identity) => this.#opened(identity, start),
        onRenew: (identity) => this.#options.route.enter(identity),
        onReplay,
        onGap: (reason, missed) => onStatus({ kind: 'gap', isFleet: this.#progress.isFleet, reason, missed }),
        onSource: (source) => this.#sourced(source),
        onPresent: (isWhole) => this.#present(isWhole, whileOpen),
        onFault: (error) => this.#fault.abort(error),
      },
      signal,
    );
    over.abort();
    return end;
  }

  #opened(identity: FeedIdentity, start: Start): Turn {
    const turn = this.#options.route.enter(identity);
    if (turn !== 'follow') return turn;
    if (start.kind === 'since') this.#progress.beginAgain();
    this.#reached('connected');
    return turn;
  }

  /** Takes how the source of the feed is. Returns whether to follow on: not if it is down, and another hub may have a better one. */
  #sourced(source: SourceStatus): boolean {
    const { clock, route, onStatus } = this.#options;
    const isUp = source.kind === 'up';
    if (isUp !== this.#progress.isSourceUp) onStatus({ kind: 'source', source });
    this.#progress.isSourceUp = isUp;
    return isUp || !route.yields(clock.steady());
  }

  #reached(kind: 'connected' | 'standby'): void {
    this.#isInterrupted = false;
    this.#failures = 0;
    this.#attempted.resolve();
    this.#options.onStatus({ kind });
  }

  async #standBy(signal: AbortSignal): Promise<void> {
    this.#reached('standby');
    await this.#options.route.turn(signal);
  }

  /** After an error the servers are compared, whatever the stream reported: a death without an event must be reported too. */
  #present(isWhole: boolean, signal: AbortSignal): void {
    if (isWhole && !this.#progress.isInDoubt) this.#progress.witness.trust();
    else void this.#compare(signal);
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const progress = this.#progress;
    const report = (server: KnownServer, event: FollowedEvent) => this.#report(progress, server, event);
    try {
      await reportVanished({ client, clock, progress, report }, signal);
      progress.isInDoubt = false;
    } catch {
      progress.isInDoubt = true;
    }
  }

  #report(progress: Progress, server: KnownServer, event: FollowedEvent): void {
    const { wants, handle, isOnce } = this.#options;
    const isWanted = wants(event);
    progress.takeVanished(server, event, isWanted ? handle : null).then(
      () => {
        if (isOnce && isWanted) this.#done.abort();
      },
      (error: unknown) => this.#fault.abort(error),
    );
  }

  #interrupted(end: SessionEnd): void {
    const { route } = this.#options;
    const isInvalid = end.kind === 'refused' && end.status === BAD_REQUEST && !this.#progress.hasBegun;
    if (isInvalid && route.refuse()) throw new BadRequest(end.message, end.code);
    this.#failures++;
    route.leave(end.kind !== 'ended');
    if (end.kind === 'ended' || end.kind === 'reopen' || end.kind === 'blind' || this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#attempted.resolve();
    this.#options.onStatus({ kind: 'interrupted', message: 'message' in end ? end.message : '' });
  }
}
