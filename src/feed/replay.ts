import { type Cursor, type History, type LoggedEvent, readCursor } from '../core/event/event-log.ts';
import { RETENTION_LEVELS } from '../core/event/retention.ts';
import type { Since } from '../core/event/selector.ts';
import { asksForAll, type Filter, matchesEvent } from './event-filter.ts';
import type { Gap, GapReason } from './stream-message.ts';
import type { Subscription } from './subscription.ts';

/** The past events that a new stream gets. */
export interface Replay {
  /** Sequence after which the stream continues: the reader has everything older, or will not get it. */
  readonly from: number;
  /** Whether the cursor was served in full. */
  readonly resumed: boolean;
  readonly gaps: readonly Gap[];
  /** Past events that match, oldest first. */
  readonly events: readonly LoggedEvent[];
}

/** How much a replay may bring: deaths first, then trouble, of each the newest. */
export interface ReplayLimits {
  readonly replayEvents: number;
  readonly replayBytes: number;
}

/** Decides which past events a subscription gets that begins at `now` (Unix milliseconds). */
export function planReplay(
  history: History,
  { lastEventId, since, filter }: Subscription,
  limits: ReplayLimits,
  now: number,
): Replay {
  const { from, gaps } = startOf(history, lastEventId, since, now);
  const matching = matchingAfter(history, from, filter);
  const events = worthiestWithin(matching, limits);
  const missed = matching.length - events.length;
  if (missed === 0) return { from, resumed: lastEventId !== null && gaps.length === 0, gaps, events };
  const lastBefore = matching.findLast(({ seq }) => seq < (events[0]?.seq ?? Number.POSITIVE_INFINITY));
  return { from: lastBefore?.seq ?? from, resumed: false, gaps: [...gaps, gapOf('truncated', missed)], events };
}

interface Start {
  readonly from: number;
  readonly gaps: readonly Gap[];
}

function startOf(history: History, lastEventId: string | null, since: Since | null, now: number): Start {
  if (lastEventId === null) return { from: since ? startOfSince(history, since, now) : history.head, gaps: [] };
  const cursor = readCursor(lastEventId, history);
  if (cursor.kind === 'at') return { from: cursor.seq, gaps: [] };
  const from = since ? startOfSince(history, since, now) : startWithout(history, cursor);
  return { from, gaps: [gapOf(cursor.reason, cursor.missed)] };
}

/** After a change of the log, every kept event is new to a reader. If a cursor makes no sense, none is known to be new. */
function startWithout({ head, oldest }: History, cursor: Extract<Cursor, { kind: 'unservable' }>): number {
  if (cursor.reason === 'evicted') return cursor.seq;
  return cursor.reason === 'epoch' ? oldest - 1 : head;
}

function startOfSince(history: History, since: Since, now: number): number {
  if (since.kind === 'all') return history.oldest - 1;
  return lastBefore(history, new Date(now - since.ms).toISOString());
}

/** Finds the last sequence before `time`, by binary search: reading all of a durable history would be slow. */
function lastBefore(history: History, time: string): number {
  let low = history.oldest - 1;
  let high = history.head;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [next] = history.after(middle, 1);
    if (next && next.event.time < time) low = next.seq;
    else high = middle;
  }
  return low;
}

function matchingAfter(history: History, seq: number, filter: Filter): readonly LoggedEvent[] {
  if (seq >= history.head) return [];
  const events = history.after(seq);
  // Filtering a stored event requires parsing it.
  return asksForAll(filter) ? events : events.filter(({ event }) => matchesEvent(filter, event));
}

/** A server that changes all the time must not hide a death from a reader who was away. */
function worthiestWithin(events: readonly LoggedEvent[], limits: ReplayLimits): readonly LoggedEvent[] {
  const { replayEvents, replayBytes } = limits;
  const chosen = new Set<LoggedEvent>();
  let bytes = 0;
  for (const logged of worthiestFirst(events)) {
    bytes += Buffer.byteLength(logged.json);
    if (chosen.size === replayEvents || bytes > replayBytes) break;
    chosen.add(logged);
  }
  return chosen.size === events.length ? events : events.filter((logged) => chosen.has(logged));
}

function* worthiestFirst(events: readonly LoggedEvent[]): Generator<LoggedEvent> {
  const newestFirst = events.toReversed();
  for (const level of RETENTION_LEVELS.toReversed()) {
    yield* newestFirst.filter(({ retention }) => retention.level === level);
  }
}

function gapOf(reason: GapReason, missed: number | null): Gap {
  return { type: 'gap', reason, missed };
}
