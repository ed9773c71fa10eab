import type { RequestHandler } from 'express';
import type { Fleet } from '../../core/fleet/fleet.ts';
import { type FleetEvent, type FleetLog, jsonWithCursor } from '../../core/fleet/fleet-log.ts';
import { sendFailure } from '../api-failure.ts';
import { type EventPage, type PageQuery, readPageQuery, refuseAfter, sendPage } from '../event-page.ts';

/** The most events that are read from the bus for one page. */
const MOST_OLDER = 10_000;

/**
 * `GET /api/v1/events` of a hub: as that of an exporter, with the cursors of the fleet. Each event has its `cursor`. Without
 * `after` it begins at the oldest event in memory. Events that are not in memory come from the bus; `missed` is the most that can be missing.
 */
export function getFleetEvents(fleet: Fleet): RequestHandler {
  const { log } = fleet;
  return async (request, response) => {
    // Without a log, a good cursor would look like one of another log.
    if (!fleet.source.hasRead)
      return sendFailure(response, 'not_ready', 'the bus was not read yet, so the events are not known');
    const query = readPageQuery(request.url, response);
    if (query === null) return;
    const page = await readPage(log, query);
    if (page) sendPage(response, page);
    else refuseAfter(response, query.after);
  };
}

/** Null if `after` is no cursor. */
async function readPage(log: FleetLog, { after, limit }: PageQuery): Promise<EventPage | null> {
  const cursor = after === null ? null : await log.readCursor(after);
  if (cursor === null) return pageAfter(log, log.oldest - 1, limit);
  if (cursor.kind === 'at') return pageAfter(log, cursor.seq, limit);
  if (cursor.reason === 'malformed') return null;
  return cursor.reason === 'epoch' ? pageOfAll(log, limit) : afterGap('future', await pageAfter(log, log.head, limit));
}

async function pageAfter(log: FleetLog, from: number, limit: number): Promise<EventPage> {
  const { generation, first, oldest } = log;
  // Before the bus is asked: while it answers, memory can lose events.
  const inMemory = log.after(Math.max(from, oldest - 1), limit);
  const newest = log.cursorAt(log.head);
  const read = from < oldest - 1 && first < oldest ? await log.older(from, MOST_OLDER) : [];
  if (generation !== log.generation) return pageOfAll(log, limit);
  const older = read?.filter(({ seq }) => seq < oldest) ?? null;
  const events = [...(older ?? []), ...inMemory].slice(0, limit);
  const missed = older === null ? oldest - 1 - from : Math.max(log.missingAfter(from), unreadBefore(older, from));
  return {
    events: events.map(jsonWithCursor),
    gap: missed > 0 ? { reason: 'evicted', missed } : null,
    next: events.length < limit ? newest : (events.at(-1)?.cursor ?? newest),
    newest,
  };
}

/** The page for a reader of another log, to whom everything is new. */
async function pageOfAll(log: FleetLog, limit: number): Promise<EventPage> {
  return afterGap('epoch', await pageAfter(log, log.oldest - 1, limit));
}

function afterGap(reason: string, page: EventPage): EventPage {
  return { ...page, gap: { reason, missed: null } };
}

/** How many events the bus did not give because there are too many, at most. */
function unreadBefore(older: readonly FleetEvent[], from: number): number {
  const [oldest] = older;
  return oldest && older.length >= MOST_OLDER ? oldest.seq - 1 - from : 0;
}
