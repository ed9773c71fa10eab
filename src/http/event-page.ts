import type { Response } from 'express';
import { sendFailure } from './api-failure.ts';

const DEFAULT_LIMIT = 100;
const MOST_EVENTS = 1_000;

/** Which part of the history a request asks for. */
export interface PageQuery {
  /** The id of an event; null to begin at the oldest. */
  readonly after: string | null;
  readonly limit: number;
}

/** A part of the history, as JSON. */
export interface EventPage {
  /** The JSON of each event, oldest first. */
  readonly events: readonly string[];
  /** What is missing before and between them; null if nothing is. */
  readonly gap: { readonly reason: string; readonly missed: number | null } | null;
  /** Id to go on from. */
  readonly next: string;
  /** Id of the newest event. */
  readonly newest: string;
}

/** Reads what a request asks for. If it makes no sense, it is answered, and the result is null. */
export function readPageQuery(url: string, response: Response): PageQuery | null {
  const query = new URLSearchParams(url.split('?')[1]);
  const text = query.get('limit');
  const limit = readLimit(text);
  if (limit !== null) return { after: query.get('after'), limit };
  refuse(response, 'limit', `1 to ${MOST_EVENTS}`, text);
  return null;
}

/** Answers a request whose `after` is no id. */
export function refuseAfter(response: Response, after: string | null): void {
  refuse(response, 'after', 'the id of an event', after);
}

/** Sends a page. The events are JSON already. */
export function sendPage(response: Response, { events, ...rest }: EventPage): void {
  response.type('json').send(`{"events":[${events.join(',')}],${JSON.stringify(rest).slice(1)}`);
}

function readLimit(text: string | null): number | null {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= MOST_EVENTS ? limit : null;
}

function refuse(response: Response, name: string, expected: string, found: string | null): void {
  sendFailure(response, 'invalid_parameter', `${name}: expected ${expected}, found ${JSON.stringify(found)}`);
}
