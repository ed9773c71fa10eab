import { type History, type LoggedEvent, readCursor } from '../core/event/event-log.ts';
import type { Since } from '../core/event/selector.ts';
import { asksForAll, type Filter, matchesEvent } from './event-filter.ts';
import type { Gap, GapReason } from './message.ts';
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

/** Limits of a replay; the newest events are kept. */
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
  const events = newestWithin(matching, limits);
  const missed = matching.length - events.length;
  if (missed === 0) return { from, resumed: lastEventId !== null && gaps.length === 0, gaps, events };
  const last = matching[missed - 1]?.seq ?? from;
  return { from: last, resumed: false, gaps: [...gaps, gapOf('truncated', missed)], events };
}

interface Start {
  readonly from: number;
  readonly gaps: readonly Gap[];
}

function startOf(history: History, lastEventId: string | null, since: Since | null, now: number): Start {
  if (lastEventId === null) return { from: since ? startOfSince(history, since, now) : history.head, gaps: [] };
  const cursor = readCursor(lastEventId, history);
  if (cursor.kind === 'at') return { from: cursor.seq, gaps: [] };
  const from = since ? startOfSince(history, since, now) : startWithout(history, cursor.reason);
  return { from, gaps: [gapOf(cursor.reason, cursor.missed)] };
}

/** If a cursor is too old, or belongs to a lost log, all kept events are new to the reader. If it makes no sense, none is known to be. */
function startWithout({ head, oldest }: History, reason: GapReason): number {
  return reason === 'evicted' || reason === 'epoch' ? oldest - 1 : head;
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

function newestWithin(events: readonly LoggedEvent[], { replayEvents, replayBytes }: ReplayLimits): LoggedEvent[] {
  let first = events.length;
  let bytes = 0;
  while (first > 0 && events.length - first < replayEvents) {
    bytes += Buffer.byteLength(events[first - 1]?.json ?? '');
    if (bytes > replayBytes) break;
    first--;
  }
  return events.slice(first);
}

function gapOf(reason: GapReason, missed: number | null): Gap {
  return { type: 'gap', reason, missed };
}
