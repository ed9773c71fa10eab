import type { FeedClient } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import type { KnownServer } from '../feed/known-server.ts';
import { type Clock, pause } from '../follow-clock.ts';
import { vanishedEvent } from '../notice/notice.ts';
import type { Progress } from './progress.ts';

/** How often a freshly started exporter is asked whether it has polled its servers. */
const READY_EVERY_MS = 500;

/** How long the stream has to report a death that the list of servers already shows. */
const GRACE_MS = 2_000;

/** Options of {@link reportVanished}. */
export interface ComparisonParts {
  readonly client: FeedClient;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Reports a server that vanished. */
  readonly report: (server: KnownServer, event: FollowedEvent) => void;
}

/**
 * Compares the servers that lived when the feed was interrupted with those of the exporter now, and reports the ones that are gone without
 * an event. It rejects on a network error and when `signal` is aborted: the remaining suspects are checked after the next opening.
 */
export async function reportVanished(
  { client, clock, progress, report }: ComparisonParts,
  signal: AbortSignal,
): Promise<void> {
  const { witness } = progress;
  if (witness.suspects.length === 0) return;
  while (!(await client.isReady(signal))) await pause(clock, READY_EVERY_MS, signal);
  witness.acquit(await client.servers(signal));
  if (witness.suspects.length > 0) await pause(clock, GRACE_MS, signal);
  signal.throwIfAborted();
  for (const server of witness.suspects) report(server, vanishedEvent(server, progress.host, clock.now()));
}
