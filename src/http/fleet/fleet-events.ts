import { type FleetEvent, type FleetLog, jsonWithCursor, type OlderPart } from '../../core/fleet/fleet-log.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { EventPage } from '../event-page.ts';
import type { PageQuery } from '../page-query.ts';

/** The most events that are read from the bus for one page. */
const MOST_OLDER = 10_000;

const NOTHING: OlderPart = { events: [], missingUpTo: () => 0 };

/** What a page has: its events at most, and those of which hosts. */
type Wanted = Pick<PageQuery, 'limit' | 'hosts'>;

/**
 * A page of the log of the fleet. Each event has its `cursor`. Without `after` it begins at the oldest event in memory. Events
 * that are not in memory come from the bus; `missed` is the most that can be missing. Null if `after` is no cursor.
 */
export async function fleetPage(log: FleetLog, { after, ...wanted }: PageQuery): Promise<EventPage | null> {
  const cursor = after === null ? null : await log.readCursor(after);
  if (cursor === null) return pageAfter(log, log.oldest - 1, wanted);
  if (cursor.kind === 'at') return pageAfter(log, cursor.seq, wanted);
  if (cursor.reason === 'malformed') return null;
  return cursor.reason === 'epoch'
    ? pageOfAll(log, wanted)
    : afterGap('future', await pageAfter(log, log.head, wanted));
}

async function pageAfter(log: FleetLog, from: number, wanted: Wanted): Promise<EventPage> {
  const { limit } = wanted;
  const { generation, first, oldest, head } = log;
  // Before the bus is asked: while it answers, memory can lose events.
  const inMemory = inMemoryAfter(log, Math.max(from, oldest - 1), wanted);
  const newest = log.cursorAt(head);
  const older = from < oldest - 1 && first < oldest ? await log.older(from, MOST_OLDER) : NOTHING;
  if (generation !== log.generation) return pageOfAll(log, wanted);
  const events = [...ofHosts(older?.events ?? [], wanted), ...inMemory].slice(0, limit);
  const last = events.length < limit ? null : (events.at(-1) ?? null);
  const missed = missedBetween(log, older, { from, oldest, to: last?.seq ?? head });
  return {
    events: events.map(jsonWithCursor),
    gap: missed > 0 ? { reason: 'evicted', missed } : null,
    next: last?.cursor ?? newest,
    newest,
  };
}

/** The page for a reader of another log, to whom everything is new. */
async function pageOfAll(log: FleetLog, wanted: Wanted): Promise<EventPage> {
  return afterGap('epoch', await pageAfter(log, log.oldest - 1, wanted));
}

function afterGap(reason: string, page: EventPage): EventPage {
  return { ...page, gap: { reason, missed: null } };
}

function inMemoryAfter(log: FleetLog, from: number, { limit, hosts }: Wanted): readonly FleetEvent[] {
  return hosts.length === 0 ? log.after(from, limit) : ofHosts(log.after(from), { limit, hosts });
}

function ofHosts(events: readonly FleetEvent[], { hosts }: Wanted): readonly FleetEvent[] {
  if (hosts.length === 0) return events;
  const isWanted = (name: string) => hosts.some((pattern) => matchesGlob(pattern, name));
  const wanted = new Set([...new Set(events.map(({ name }) => name))].filter(isWanted));
  return events.filter(({ name }) => wanted.has(name));
}

/** The part of the log that a page is about. */
interface Span {
  readonly from: number;
  /** The oldest in memory. */
  readonly oldest: number;
  readonly to: number;
}

/** How many events of a part of the log are missing, at most. */
function missedBetween(log: FleetLog, older: OlderPart | null, { from, oldest, to }: Span): number {
  const missing = (after: number) => log.missingAfter(after) - log.missingAfter(to);
  // What the bus did not give, as it does not answer or there are too many, is not known to be there.
  const unread = older === null ? oldest - 1 - from : unreadBefore(older.events, from);
  const known = unread > 0 ? unread + missing(Math.min(oldest - 1, to)) : missing(from);
  return known + (older?.missingUpTo(to) ?? 0);
}

/** How many events the bus did not give because there are too many, at most. */
function unreadBefore(older: readonly FleetEvent[], from: number): number {
  const [oldest] = older;
  return oldest && older.length >= MOST_OLDER ? oldest.seq - 1 - from : 0;
}
