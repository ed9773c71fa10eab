import type { FeedClient } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import type { KnownServer } from '../feed/known-server.ts';
import { type Clock, pause } from '../follow-clock.ts';
import { backoffMs } from './backoff.ts';
import { lookAfresh } from './comparison.ts';
import { type Handle, Progress } from './progress.ts';
import { runSession, type SessionEnd } from './session.ts';
import type { FollowState } from './state.ts';
import { Suspension } from './suspension.ts';

/** What a follower says of itself. */
export type FollowStatus =
  | { readonly kind: 'connected' }
  /** Once for each interruption. */
  | { readonly kind: 'interrupted'; readonly message: string }
  /** Events are missing; null where nobody knows how many. */
  | { readonly kind: 'gap'; readonly reason: string; readonly missed: number | null };

/** What a follower is made of. */
export interface FollowerOptions {
  readonly client: FeedClient;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** What was kept when a follower last ran. */
  readonly state: FollowState;
  /** Where to begin instead, such as `10m` or `all`; null goes on from the state, or begins now. */
  readonly since: string | null;
  /** Whether it is over with the first event that is wanted. */
  readonly isOnce: boolean;
  readonly wants: (event: FollowedEvent) => boolean;
  readonly handle: Handle;
  readonly save: (state: FollowState) => void;
  /** So many past events are about to come at once. */
  readonly onReplay: (count: number) => void;
  readonly onStatus: (status: FollowStatus) => void;
}

/** A request that no exporter can answer, because something in it makes no sense. The message says what. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

const BAD_REQUEST = 400;

/** Follows the feed of an exporter for as long as it is let, through restarts of either side: no event is lost, and none is handled twice in one life. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #progress: Progress;
  readonly #fault = new AbortController();
  #hasOpened = false;
  #isInterrupted = false;
  /** Whether servers may have died of which the stream cannot tell. */
  #isInDoubt = true;
  #failures = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#progress = new Progress(options.state, options.save);
  }

  /** The servers that live, as far as the feed told. */
  get living(): readonly KnownServer[] {
    return this.#progress.witness.living;
  }

  /** Follows until `signal` is aborted, or the one event that is wanted has been handled. Rejects with {@link BadRequest}, or as the handling of an event did. */
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

  /** After an error a fresh look follows, whatever the stream told: a death that nobody could signal is told all the same. */
  #present(isWhole: boolean, signal: AbortSignal): void {
    if (isWhole && !this.#isInDoubt) this.#progress.witness.trust();
    else void this.#look(signal);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const tell = (server: KnownServer, event: FollowedEvent) => this.#tell(server, event);
    try {
      await lookAfresh({ client, clock, progress: this.#progress, tell }, signal);
      this.#isInDoubt = false;
    } catch {
      this.#isInDoubt = true;
    }
  }

  #tell(server: KnownServer, event: FollowedEvent): void {
    const { wants, handle } = this.#options;
    const told = this.#progress.tellVanished(server, event, wants(event) ? handle : null);
    told.catch((error: unknown) => this.#fault.abort(error));
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

  /** Waits before the next attempt; a machine that was suspended meanwhile does not wait any longer. */
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
