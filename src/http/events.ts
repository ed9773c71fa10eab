import type { RequestHandler, Response } from 'express';
import { eventId, type History, readCursor } from '../core/event/event-log.ts';
import { HOST_WITHOUT_FLEET, NO_SCOPE } from '../core/fleet/feed-scope.ts';
import type { Fleet } from '../core/fleet/fleet.ts';
import { sendFailure } from './api-failure.ts';
import { type EventPage, sendPage } from './event-page.ts';
import { fleetPage } from './fleet/fleet-events.ts';
import { type PageQuery, readPageQuery, unexpected } from './page-query.ts';
import type { HttpPorts } from './ports.ts';

/**
 * `GET /api/v1/events?after=<id>&limit=<1 to 1000>&scope=<local or fleet>&host=<name>`: `{events, gap, next, newest}`, oldest
 * event first. `next` is the id to send as `after` for the following page; on the last page it is `newest`. It begins at the
 * oldest kept event without `after`, or if `after` is an event of another log. `gap` is `{reason, missed}` if events before
 * or between those of the page are not kept any more.
 */
export function getEvents({ history, fleet }: Pick<HttpPorts, 'history' | 'fleet'>): RequestHandler {
  return (request, response) => {
    const query = readPageQuery(request.url);
    if ('problem' in query) return sendFailure(response, 'invalid_parameter', query.problem);
    const scope = query.scope ?? (history ? 'local' : 'fleet');
    if (scope === 'fleet' && fleet) return sendFleetPage(response, fleet, query);
    if (scope === 'fleet' || !history) return sendFailure(response, NO_SCOPE[scope].code, NO_SCOPE[scope].message);
    if (query.hosts.length > 0) return sendFailure(response, 'invalid_parameter', HOST_WITHOUT_FLEET);
    answer(response, query, localPage(history, query));
  };
}

async function sendFleetPage(response: Response, fleet: Fleet, query: PageQuery): Promise<void> {
  // Without a log, a good cursor would look like one of another log.
  if (fleet.source.hasRead) answer(response, query, await fleetPage(fleet.log, query));
  else sendFailure(response, 'not_ready', 'the bus was not read yet, so the events are not known');
}

function answer(response: Response, { after }: PageQuery, page: EventPage | null): void {
  if (page) sendPage(response, page);
  else sendFailure(response, 'invalid_parameter', unexpected('after', 'the id of an event', after ?? ''));
}

/** Null if `after` is no id. */
function localPage(history: History, { after, limit }: PageQuery): EventPage | null {
  const cursor = after === null ? null : readCursor(after, history);
  if (cursor === null) return pageAfter(history, history.oldest - 1, limit);
  if (cursor.kind === 'at' || cursor.reason === 'evicted') return pageAfter(history, cursor.seq, limit);
  const { reason, missed } = cursor;
  if (reason === 'malformed') return null;
  const from = cursor.reason === 'epoch' ? cursor.seq : history.head;
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
