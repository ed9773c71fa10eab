import { RETENTION_LEVELS } from '../core/event/retention.ts';
import { asksForAll, type Filter, matchesEvent } from './event-filter.ts';
import type { FeedEvent } from './source/feed-event.ts';
import type { Beginning, FeedSource } from './source/feed-source.ts';
import { type Gap, gapOf } from './stream-message.ts';
import type { Subscription } from './subscription.ts';

/** The past events that a new stream gets. */
export interface Replay {
  /** The cursor after which the stream continues: the reader has everything older, or will not get it. */
  readonly from: string;
  /** Whether the reader's cursor was served in full. */
  readonly resumed: boolean;
  readonly gaps: readonly Gap[];
  /** Past events that match, oldest first. */
  readonly events: readonly FeedEvent[];
}

/** How much a replay may bring: deaths first, then trouble, of each the newest. */
export interface ReplayLimits {
  readonly replayEvents: number;
  readonly replayBytes: number;
}

/** Decides which past events a subscription gets that begins at this place. */
export function planReplay(
  source: Pick<FeedSource, 'after'>,
  { from, cursor, gaps, older, skipped }: Beginning,
  { lastEventId, filter }: Subscription,
  limits: ReplayLimits,
): Replay {
  const matching = matchingOf([...older, ...source.after(from)], filter);
  const events = worthiestWithin(matching, limits);
  const missed = matching.length - events.length + skipped;
  if (missed === 0) return { from: cursor, resumed: lastEventId !== null && gaps.length === 0, gaps, events };
  const lastBefore = matching.findLast(({ seq }) => seq < (events[0]?.seq ?? Number.POSITIVE_INFINITY));
  return { from: lastBefore?.cursor ?? cursor, resumed: false, gaps: [...gaps, gapOf('truncated', missed)], events };
}

function matchingOf(events: readonly FeedEvent[], filter: Filter): readonly FeedEvent[] {
  // Filtering a stored event requires parsing it.
  return asksForAll(filter) ? events : events.filter((event) => matchesEvent(filter, event));
}

/** A server that changes all the time must not hide a death from a reader who was away. */
function worthiestWithin(events: readonly FeedEvent[], limits: ReplayLimits): readonly FeedEvent[] {
  const { replayEvents, replayBytes } = limits;
  const chosen = new Set<FeedEvent>();
  let bytes = 0;
  for (const event of worthiestFirst(events)) {
    bytes += Buffer.byteLength(event.json);
    if (chosen.size === replayEvents || bytes > replayBytes) break;
    chosen.add(event);
  }
  return chosen.size === events.length ? events : events.filter((event) => chosen.has(event));
}

function* worthiestFirst(events: readonly FeedEvent[]): Generator<FeedEvent> {
  const newestFirst = events.toReversed();
  for (const wanted of RETENTION_LEVELS.toReversed()) {
    yield* newestFirst.filter(({ level }) => level === wanted);
  }
}
