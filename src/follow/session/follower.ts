import type { FeedClient } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import type { KnownServer } from '../feed/known-server.ts';
import { type Clock, pause } from '../follow-clock.ts';
import { backoffMs } from './backoff.ts';
import { reportVanished } from './comparison.ts';
import { type Handle, Progress } from './progress.ts';
import { runSession, type SessionEnd } from './session.ts';
import type { FollowState } from './state.ts';
import { Suspension } from './suspension.ts';

/** A change in the connection of a follower. */
export type FollowStatus =
  | { readonly kind: 'connected' }
  /** Reported once per interruption. */
  | { readonly kind: 'interrupted'; readonly message: string }
  /** Events are missing; null if their number is unknown. */
  | { readonly kind: 'gap'; readonly reason: string; readonly missed: number | null };

/** Options of a {@link Follower}. */
export interface FollowerOptions {
  readonly client: FeedClient;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** The state that the last follower saved. */
  readonly state: FollowState;
  /** Where to begin instead, such as `10m` or `all`; null continues from the state, or begins now. */
  readonly since: string | null;
  /** Whether to stop after the first wanted event. */
  readonly isOnce: boolean;
  readonly wants: (event: FollowedEvent) => boolean;
  readonly handle: Handle;
  readonly save: (state: FollowState) => void;
  /** Called before this many past events come at once. */
  readonly onReplay: (count: number) => void;
  readonly onStatus: (status: FollowStatus) => void;
}

/** Thrown if the exporter refuses the request as invalid. The message says why. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

const BAD_REQUEST = 400;

/** Follows the feed of an exporter, across restarts of either side. No event is lost, and none is handled twice in one life. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #progress: Progress;
  readonly #fault = new AbortController();
  #hasOpened = false;
  #isInterrupted = false;
  /** Whether servers may have died without an event in the stream. */
  #isInDoubt = true;
  #failures = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#progress = new Progress(options.state, options.save);
  }

  /** The servers that are alive according to the feed. */
  get living(): readonly KnownServer[] {
    return this.#progress.witness.living;
  }

  /** Follows until `signal` is aborted, or the one wanted event has been handled. Rejects with {@link BadRequest}, or with the error of a handler. */
  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#fault.signal]);
    while (!either.aborted) {
      const end = await this.#visit(either);
      if (end.kind === 'done' || either.aborted) break;
      this.#interrupted(end);
      await this.#rest(backoffMs(this.#failures, this.#options.random, 'retryMs' in end ? end.retryMs : 0), either);
    }
    if (this.#fault.signal.aborted) throw this.#fault.signal.reason;
  }

  /** Opens one stream and follows it to its end. */
  async #visit(signal: AbortSignal): Promise<SessionEnd> {
    const { client, clock, since, wants, handle, isOnce, onReplay, onStatus } = this.#options;
    const over = new AbortController();
    const whileOpen = AbortSignal.any([signal, over.signal]);
    const begin = since === null ? null : ({ kind: 'since', span: since } as const);
    const start = (this.#hasOpened ? null : begin) ?? this.#progress.start ?? begin ?? { kind: 'now' };
    const end = await runSession(
      {
        client,
        clock,
        progress: this.#progress,
        start,
        wants,
        handle,
        isOnce,
        onOpen: () => this.#opened(),
        onReplay,
        onGap: (reason, missed) => onStatus({ kind: 'gap', reason, missed }),
        onPresent: (isWhole) => this.#present(isWhole, whileOpen),
        onFault: (error) => this.#fault.abort(error),
      },
      signal,
    );
    over.abort();
    return end;
  }

  #opened(): void {
    this.#hasOpened = true;
    this.#isInterrupted = false;
    this.#failures = 0;
    this.#options.onStatus({ kind: 'connected' });
  }

  /** After an error the servers are compared, whatever the stream reported: a death without an event must be reported too. */
  #present(isWhole: boolean, signal: AbortSignal): void {
    if (isWhole && !this.#isInDoubt) this.#progress.witness.trust();
    else void this.#compare(signal);
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const report = (server: KnownServer, event: FollowedEvent) => this.#report(server, event);
    try {
      await reportVanished({ client, clock, progress: this.#progress, report }, signal);
      this.#isInDoubt = false;
    } catch {
      this.#isInDoubt = true;
    }
  }

  #report(server: KnownServer, event: FollowedEvent): void {
    const { wants, handle } = this.#options;
    const handled = this.#progress.takeVanished(server, event, wants(event) ? handle : null);
    handled.catch((error: unknown) => this.#fault.abort(error));
  }

  #interrupted(end: SessionEnd): void {
    if (end.kind === 'refused' && end.status === BAD_REQUEST && !this.#hasOpened) throw new BadRequest(end.message);
    this.#failures++;
    this.#progress.witness.interrupted();
    if (end.kind === 'ended') return;
    this.#isInDoubt = true;
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#options.onStatus({ kind: 'interrupted', message: 'message' in end ? end.message : '' });
  }

  /** Waits before the next attempt. If the machine was suspended meanwhile, the wait ends. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const suspension = new Suspension(clock);
    const until = clock.steady() + ms;
    for (let left = ms; left > 0 && !signal.aborted && !suspension.occurred(); left = until - clock.steady()) {
      await pause(clock, Math.min(left, SLICE_MS), signal);
    }
  }
}

const SLICE_MS = 1_000;
