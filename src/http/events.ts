import type { RequestHandler } from 'express';
import { eventId, type History, readCursor } from '../core/event/event-log.ts';
import { type EventPage, type PageQuery, readPageQuery, refuseAfter, sendPage } from './event-page.ts';

/**
 * `GET /api/v1/events?after=<id>&limit=<1 to 1000>`: `{events, gap, next, newest}`, oldest event first. `next` is the id to
 * send as `after` for the following page; on the last page it is `newest`. It begins at the oldest kept event without `after`,
 * or if `after` is an event of another log. `gap` is `{reason, missed}` if events before or between those of the page are not kept any more.
 */
export function getEvents(history: History): RequestHandler {
  return (request, response) => {
    const query = readPageQuery(request.url, response);
    if (query === null) return;
    const page = readPage(history, query);
    if (page) sendPage(response, page);
    else refuseAfter(response, query.after);
  };
}

/** Null if `after` is no id. */
function readPage(history: History, { after, limit }: PageQuery): EventPage | null {
  const cursor = after === null ? null : readCursor(after, history);
  if (cursor === null) return pageAfter(history, history.oldest - 1, limit);
  if (cursor.kind === 'at' || cursor.reason === 'evicted') return pageAfter(history, cursor.seq, limit);
  const { reason, missed } = cursor;
  if (reason === 'malformed') return null;
  const from = reason === 'future' ? history.head : history.oldest - 1;
  return { ...pageAfter(history, from, limit), gap: { reason, missed } };
}

function pageAfter(history: History, from: number, limit: number): EventPage {
  const events = history.after(from, limit);
  const next = events.length < limit ? history.head : (events.at(-1)?.seq ?? from);
  const missed = history.missingAfter(from) - history.missingAfter(next);
  return {
    events: events.map(({ json }) => json),
    gap: missed > 0 ? { reason: 'evicted', missed } : null,
    next: eventId(history.epoch, next),
    newest: eventId(history.epoch, history.head),
  };
}
