import type { Since } from '../../core/event/selector.ts';
import type { Fleet } from '../../core/fleet/fleet.ts';
import type { FleetCursor, FleetEvent, FleetLog } from '../../core/fleet/fleet-log.ts';
import type { Clock } from '../feed-clock.ts';
import { type Gap, gapOf } from '../stream-message.ts';
import type { Subscription } from '../subscription.ts';
import { answerWithin, type Waits } from './waits.ts';

/** How long the bus may take to confirm a cursor whose event is not in memory. */
const CONFIRMATION_MS = 5_000;

/** How long a cursor may be newer than the log of a bus that is up: another hub can be ahead of this one. */
const AHEAD_MS = 5_000;

/** The time from which on all events are wanted. */
const ALL = Number.NEGATIVE_INFINITY;

/** The place in the log of a fleet at which a reader goes on. */
export interface FleetStart {
  readonly from: number;
  readonly cursor: string;
  readonly gaps: readonly Gap[];
  /** Unix milliseconds by the clock of the bus: events that are not in memory are wanted if they were stored from this time on. -Infinity if all are. */
  readonly notBefore: number;
}

/** A stream that is being opened. */
export interface Opening {
  readonly fleet: Fleet;
  readonly subscription: Subscription;
  readonly clock: Clock;
  readonly waits: Waits;
  /** Whether the reader has left. */
  readonly isOver: () => boolean;
}

/** Finds where a reader goes on. It waits until the log was read, also if that begins again, and while the reader's cursor is ahead of it. */
export async function findStart(opening: Opening): Promise<FleetStart> {
  const { fleet, subscription, waits, isOver } = opening;
  const { lastEventId, since } = subscription;
  const { log } = fleet;
  await waits.until(() => fleet.source.isWhole || isOver());
  if (lastEventId === null) return since ? startOfSince(fleet, since, []) : startAt(log, log.head, []);
  const cursor = await readCursor(opening, lastEventId);
  if (cursor?.kind === 'at') {
    const missed = log.missingAfter(cursor.seq);
    const gaps = missed > 0 ? [gapOf('evicted', missed)] : [];
    return { from: cursor.seq, cursor: lastEventId, gaps, notBefore: ALL };
  }
  // Without an answer of the bus, all that is known of the event is that it is not in memory.
  const gaps = [gapOf(cursor?.reason ?? 'evicted', null)];
  if (since) return startOfSince(fleet, since, gaps);
  // After a change of the log, every kept event is new to a reader. If a cursor makes no sense, none is known to be new.
  const isAllNew = cursor === null || cursor.reason === 'epoch';
  return startAt(log, isAllNew ? log.oldest - 1 : log.head, gaps);
}

/** Null if the bus does not answer in time. */
async function readCursor({ fleet, clock, waits, isOver }: Opening, text: string): Promise<FleetCursor | null> {
  const { log } = fleet;
  let endsAt = clock.steady() + AHEAD_MS;
  const isLate = () => {
    if (!fleet.source.isUp) endsAt = clock.steady() + AHEAD_MS;
    return clock.steady() >= endsAt;
  };
  for (;;) {
    const { generation, head } = log;
    const cursor = await answerWithin(log.readCursor(text), CONFIRMATION_MS, clock);
    const isAhead = cursor?.kind === 'unservable' && cursor.reason === 'future';
    if (!isAhead || isLate() || isOver()) return cursor;
    await waits.until(() => log.head !== head || log.generation !== generation || isLate() || isOver());
  }
}

function startAt(log: FleetLog, from: number, gaps: readonly Gap[]): FleetStart {
  return { from, cursor: log.cursorAt(from), gaps, notBefore: ALL };
}

/** By the time at which the bus stored events: the clocks of hosts can be wrong. */
function startOfSince({ log, busTime }: Fleet, since: Since, gaps: readonly Gap[]): FleetStart {
  const notBefore = since.kind === 'all' ? ALL : busTime - since.ms;
  const kept = log.after(0);
  const earlier = countBefore(kept, notBefore);
  const isOlderWanted = log.first < log.oldest && earlier === 0;
  const from = isOlderWanted ? log.first - 1 : (kept[earlier]?.seq ?? log.head + 1) - 1;
  return { ...startAt(log, from, gaps), notBefore };
}

/** How many of the events, which come oldest first, were stored before a time. */
export function countBefore(events: readonly FleetEvent[], time: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.storedAt ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
