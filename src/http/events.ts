import type { RequestHandler } from 'express';
import { eventId, type History, type LoggedEvent, readCursor } from '../core/event/event-log.ts';
import { sendFailure } from './api-failure.ts';

const DEFAULT_LIMIT = 100;
const MOST_EVENTS = 1_000;

/** A part of the history. */
interface Page {
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
  /** What is missing before and between them; null if nothing is. */
  readonly gap: { readonly reason: string; readonly missed: number | null } | null;
  /** Sequence to go on from. */
  readonly next: number;
}

/**
 * `GET /api/v1/events?after=<id>&limit=<1 to 1000>`: `{events, gap, next, newest}`, oldest event first. `next` is the id to
 * send as `after` for the following page; on the last page it is `newest`. It begins at the oldest kept event without `after`,
 * or if `after` is an event of another log. `gap` is `{reason, missed}` if events before or between those of the page are not kept any more.
 */
export function getEvents(history: History): RequestHandler {
  return (request, response) => {
    const query = new URLSearchParams(request.url.split('?')[1]);
    const limit = readLimit(query.get('limit'));
    const page = limit === null ? null : readPage(history, query.get('after'), limit);
    if (page) response.type('json').send(pageJson(history, page));
    else sendFailure(response, 'invalid_parameter', problemOf(query, limit));
  };
}

function readLimit(text: string | null): number | null {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= MOST_EVENTS ? limit : null;
}

function readPage(history: History, after: string | null, limit: number): Page | null {
  const cursor = after === null ? null : readCursor(after, history);
  if (cursor === null) return pageAfter(history, history.oldest - 1, limit);
  if (cursor.kind === 'at' || cursor.reason === 'evicted') return pageAfter(history, cursor.seq, limit);
  const { reason, missed } = cursor;
  if (reason === 'malformed') return null;
  const from = reason === 'future' ? history.head : history.oldest - 1;
  return { ...pageAfter(history, from, limit), gap: { reason, missed } };
}

function pageAfter(history: History, from: number, limit: number): Page {
  const events = history.after(from, limit);
  const next = events.length < limit ? history.head : (events.at(-1)?.seq ?? from);
  const missed = history.missingAfter(from) - history.missingAfter(next);
  return { events, gap: missed > 0 ? { reason: 'evicted', missed } : null, next };
}

/** The events are JSON already. */
function pageJson({ epoch, head }: History, { events, gap, next }: Page): string {
  const rest = JSON.stringify({ gap, next: eventId(epoch, next), newest: eventId(epoch, head) });
  return `{"events":[${events.map(({ json }) => json).join(',')}],${rest.slice(1)}`;
}

function problemOf(query: URLSearchParams, limit: number | null): string {
  if (limit === null) return `limit: expected 1 to ${MOST_EVENTS}, found ${JSON.stringify(query.get('limit'))}`;
  return `after: expected the id of an event, found ${JSON.stringify(query.get('after'))}`;
}
