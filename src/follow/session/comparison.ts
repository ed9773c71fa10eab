import type { FeedClient } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import type { KnownServer } from '../feed/known-server.ts';
import { type Clock, pause } from '../follow-clock.ts';
import { vanishedEvent } from '../notice/notice.ts';
import type { Progress } from './progress.ts';

/** How often an exporter that only just started is asked whether it has looked at its servers. */
const READY_EVERY_MS = 500;

/** How long the stream has to tell of a death that the look already saw. */
const GRACE_MS = 2_000;

/** What a fresh look needs. */
export interface LookParts {
  readonly client: FeedClient;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Tells of a server that vanished. */
  readonly tell: (server: KnownServer, event: FollowedEvent) => void;
}

/**
 * Finds out what became of the servers that lived when the feed was interrupted, and tells of those that are gone without a word.
 * It rejects on a network error and when `signal` is aborted: whoever is still suspect is looked at after the next opening.
 */
export async function lookAfresh({ client, clock, progress, tell }: LookParts, signal: AbortSignal): Promise<void> {
  const { witness } = progress;
  if (witness.suspects.length === 0) return;
  while (!(await client.isReady(signal))) await pause(clock, READY_EVERY_MS, signal);
  witness.acquit(await client.servers(signal));
  if (witness.suspects.length > 0) await pause(clock, GRACE_MS, signal);
  signal.throwIfAborted();
  for (const server of witness.suspects) tell(server, vanishedEvent(server, clock.now()));
}
