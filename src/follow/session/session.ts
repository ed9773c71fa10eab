import type { FeedScope } from '../../core/fleet/feed-scope.ts';
import type { FeedClient, Start } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import { SseParser } from '../feed/sse-parser.ts';
import { type Received, readMessage, type SourceStatus, type StreamMessage } from '../feed/stream-message.ts';
import type { Clock } from '../follow-clock.ts';
import { logOf } from './cursor.ts';
import type { FeedIdentity, Turn } from './feeds.ts';
import type { Handle, Progress } from './progress.ts';
import { messageOf, refusalOf, type SessionEnd } from './session-end.ts';
import { Watchdog } from './watchdog.ts';

/** Options of {@link runSession}. */
export interface SessionParts {
  readonly client: FeedClient;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly start: Start;
  /** The scope that the stream must have; null for any. */
  readonly scope: FeedScope | null;
  readonly wants: (event: FollowedEvent) => boolean;
  readonly handle: Handle;
  /** Whether to stop after the first wanted event. */
  readonly isOnce: boolean;
  /** Called when the stream is open and has named its feed. The session ends at once unless it is to be followed. */
  readonly onOpen: (identity: FeedIdentity) => Turn;
  /** Called if the log of the feed becomes another one while the stream is open. The session ends at once unless it is to be followed. */
  readonly onRenew: (identity: FeedIdentity) => Turn;
  /** Called before this many past events come at once. */
  readonly onReplay: (count: number) => void;
  /** Called if events are missing; null if their number is unknown. */
  readonly onGap: (reason: string, missed: number | null) => void;
  /** Called with each sign of how the source of the feed is. Returns whether the stream is to be followed on. */
  readonly onSource: (source: SourceStatus) => boolean;
  /** Called after all past events; `isWhole` means that none was left out. */
  readonly onPresent: (isWhole: boolean) => void;
  /** Called if the handling of an event failed. */
  readonly onFault: (error: unknown) => void;
}

/** Timeout for the exporter's answer and its hello. */
const OPEN_MS = 30_000;

/** Number of missed heartbeats after which a stream counts as dead. */
const HEARTBEATS = 3;

/** Follows one stream from its opening to its end. It never rejects. */
export async function runSession(parts: SessionParts, signal: AbortSignal): Promise<SessionEnd> {
  const cut = new AbortController();
  const watchdog = new Watchdog(parts.clock, OPEN_MS, (silence) => cut.abort(new Error(SILENCES[silence])));
  try {
    const either = AbortSignal.any([signal, cut.signal]);
    const opening = await parts.client.open(parts.start, either);
    if (opening.kind === 'refused') return refusalOf(opening);
    // The session must end even if a handler never does.
    return await Promise.race([new Session(parts, watchdog).read(opening.chunks), rejectionBy(either)]);
  } catch (error) {
    return { kind: 'failed', message: messageOf(cut.signal.aborted ? cut.signal.reason : error) };
  } finally {
    cut.abort();
    watchdog.stop();
  }
}

const SILENCES = {
  silent: 'nothing came for too long, not even a heartbeat',
  suspended: 'the machine was suspended',
} as const;

/** The reasons of a gap after which the log is not the one that the cursor belongs to. */
const REWOUND: ReadonlySet<string> = new Set(['epoch', 'future', 'malformed']);

/** An exporter that does not know scopes ignores the wish for one. */
const OTHER_SCOPE = { kind: 'refused', status: 400, code: 'other_scope', retryMs: 0 } as const;

class Session {
  readonly #parts: SessionParts;
  readonly #watchdog: Watchdog;
  /** The number of past events still to come; null before the hello. */
  #replaying: number | null = null;
  #awaitsSnapshot = false;
  /** The log that the stream was read from last. */
  #epoch: string | null = null;
  /** Whether all past events have come. */
  #isLive = false;
  #isWhole = true;
  #end: SessionEnd | null = null;

  constructor(parts: SessionParts, watchdog: Watchdog) {
    this.#parts = parts;
    this.#watchdog = watchdog;
  }

  async read(chunks: AsyncIterable<string>): Promise<SessionEnd> {
    const parser = new SseParser();
    for await (const chunk of chunks) {
      this.#watchdog.heard();
      for (const block of parser.push(chunk)) {
        await this.#receive(readMessage(block));
        if (this.#end !== null && this.#end.kind !== 'ended') return this.#end;
        if (this.#end !== null && block.retryMs !== null) this.#end = { kind: 'ended', retryMs: block.retryMs };
      }
      await this.#breathe();
    }
    return this.#end ?? { kind: 'failed', message: 'the stream ended unexpectedly' };
  }

  async #receive({ id, message }: Received): Promise<void> {
    const { progress, onSource } = this.#parts;
    if (message.kind === 'hello') return this.#greet(id, message);
    if (!this.#goesOn(id)) return;
    if (message.kind === 'event') return this.#take(id, message.event);
    progress.pass(id);
    switch (message.kind) {
      case 'heartbeat':
        if (message.source !== null && !onSource(message.source)) this.#end = { kind: 'blind' };
        return;
      case 'gap':
        return this.#leap(message);
      case 'snapshot':
        progress.adopt(message.servers);
        this.#awaitsSnapshot = false;
        return this.#arrive();
      case 'bye':
        this.#end = { kind: 'ended', retryMs: 0 };
    }
  }

  #leap({ reason, missed }: Extract<StreamMessage, { kind: 'gap' }>): void {
    const { progress, onGap } = this.#parts;
    if (REWOUND.has(reason)) progress.rewound();
    onGap(reason, missed);
  }

  /** Whether the stream is to be followed on, from a cursor. The log of a fleet can become another one while it is followed, and other addresses may lead to that one. */
  #goesOn(id: string | null): boolean {
    const log = this.#parts.progress.isFleet ? logOf(id) : null;
    if (log === null || log.epoch === this.#epoch) return true;
    this.#epoch = log.epoch;
    const turn = this.#parts.onRenew({ ...log, host: null });
    if (turn !== 'follow') this.#end = { kind: turn };
    return turn === 'follow';
  }

  #greet(id: string | null, hello: Extract<StreamMessage, { kind: 'hello' }>): void {
    const { progress, scope, onOpen, onReplay } = this.#parts;
    if (scope !== null && hello.isFleet !== (scope === 'fleet')) {
      this.#end = { ...OTHER_SCOPE, message: `expected a feed of scope ${scope}, found one of another scope` };
      return;
    }
    const turn = onOpen(hello);
    if (turn !== 'follow') {
      this.#end = { kind: turn };
      return;
    }
    this.#epoch = hello.epoch;
    progress.pass(id);
    if (hello.heartbeatMs !== null) this.#watchdog.allow(HEARTBEATS * hello.heartbeatMs);
    this.#replaying = hello.replayed;
    this.#isWhole = hello.resumed;
    this.#awaitsSnapshot = !hello.resumed;
    onReplay(hello.replayed);
    this.#arrive();
  }

  async #take(id: string | null, event: FollowedEvent): Promise<void> {
    const { progress, wants, handle, isOnce, onFault, onSource } = this.#parts;
    if (this.#isLive) onSource({ kind: 'up' });
    const isWanted = !progress.hasSeen(event) && wants(event);
    const handled = progress.take(id, event, isWanted ? handle : null).catch(onFault);
    if (this.#replaying) this.#replaying--;
    this.#arrive();
    if (!isOnce || !isWanted) return;
    await handled;
    this.#end = { kind: 'done' };
  }

  #arrive(): void {
    if (this.#replaying !== 0 || this.#awaitsSnapshot) return;
    this.#replaying = null;
    this.#isLive = true;
    this.#parts.onPresent(this.#isWhole);
  }

  /** Stops reading while too many events are being handled. */
  async #breathe(): Promise<void> {
    this.#watchdog.rest();
    await this.#parts.progress.room();
    this.#watchdog.heard();
  }
}

function rejectionBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
