import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';
import { EVENT_TYPES, SEVERITIES } from '../core/event/event.ts';
import { isServerPattern, MOST_PATTERNS, parseSince, SINCE_RULE, type Since } from '../core/event/selector.ts';
import { FEED_SCOPES, type FeedScope } from '../core/fleet/feed-scope.ts';
import { FLEET_PATTERN_RULE, isFleetPattern } from '../core/fleet/fleet-name.ts';
import { shorten } from '../core/text.ts';
import type { Filter } from './event-filter.ts';
import { type Format, ndjson, sse } from './stream-format.ts';

/** A parsed request to the feed. */
export interface Subscription {
  /** Null if the reader leaves it to the feed. */
  readonly scope: FeedScope | null;
  readonly format: Format;
  /** Whether the stream ends after the replay. */
  readonly poll: boolean;
  readonly filter: Filter;
  /** The id that the reader saw last, unchecked; null if it sent none. */
  readonly lastEventId: string | null;
  readonly since: Since | null;
}

/** Thrown for an invalid parameter. The message names it, and says what was expected and what was found. */
export class BadParameter extends Error {
  override readonly name = 'BadParameter';
}

const CURSORS = ['last_event_id', 'lastEventId'];
const FORMATS = { sse, ndjson };
const NDJSON = 'application/x-ndjson';

/** Parses the URL and the headers of a request. Throws {@link BadParameter}; a bad cursor is no error, the stream itself answers it. */
export function readSubscription(url: string, headers: IncomingHttpHeaders): Subscription {
  const params = paramsOf(url);
  const poll = oneOf(params, 'poll', ['0', '1']) === '1';
  const since = readSince(params);
  return {
    scope: oneOf(params, 'scope', FEED_SCOPES),
    format: FORMATS[oneOf(params, 'format', ['sse', 'ndjson']) ?? acceptedFormat(headers)],
    poll,
    filter: {
      hosts: list(params, 'host').map(hostPattern),
      servers: list(params, 'server').map(serverPattern),
      types: list(params, 'type').map((type) => choice('type', EVENT_TYPES, type)),
      severity: oneOf(params, 'severity', SEVERITIES) ?? 'info',
    },
    lastEventId: headers['last-event-id']?.toString() || cursor(params),
    since: since ?? (poll ? { kind: 'all' } : null),
  };
}

function paramsOf(url: string): URLSearchParams {
  const mark = url.indexOf('?');
  // Unknown parameters are ignored: an EventSource that gets an error never reconnects, and polyfills add parameters of their own.
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

/** The cursor in the URL, in our spelling or that of polyfills. A reconnecting client may add it to a URL that already has one: the last one counts. */
function cursor(params: URLSearchParams): string | null {
  const ids = [...params].filter(([name, id]) => CURSORS.includes(name) && id !== '').map(([, id]) => id);
  return ids.at(-1) ?? null;
}

/** The format that the client prefers (RFC 9110, 12.5.1): server-sent events if both are the same to it, or neither is wanted. */
function acceptedFormat(headers: IncomingHttpHeaders): keyof typeof FORMATS {
  const best = new Negotiator({ headers }).mediaType(['text/event-stream', NDJSON]);
  return best === NDJSON ? 'ndjson' : 'sse';
}

function readSince(params: URLSearchParams): Since | null {
  const text = single(params, 'since');
  if (text === null) return null;
  const since = parseSince(text);
  if (since === null) throw unexpected('since', SINCE_RULE, text);
  return since;
}

function hostPattern(text: string): string {
  if (isFleetPattern(text)) return text;
  throw unexpected('host', FLEET_PATTERN_RULE, text);
}

function serverPattern(text: string): string {
  if (isServerPattern(text)) return text;
  throw unexpected('server', 'a server name, * standing for any characters and %2B for a +', text);
}

function list(params: URLSearchParams, name: string): string[] {
  const items = params.getAll(name).flatMap((value) => value.split(','));
  if (items.length <= MOST_PATTERNS) return items;
  throw new BadParameter(`${name}: expected at most ${MOST_PATTERNS}, found ${items.length}`);
}

function oneOf<T extends string>(params: URLSearchParams, name: string, choices: readonly T[]): T | null {
  const value = single(params, name);
  return value === null ? null : choice(name, choices, value);
}

function choice<T extends string>(name: string, choices: readonly T[], found: string): T {
  const chosen = choices.find((candidate) => candidate === found);
  if (chosen !== undefined) return chosen;
  throw unexpected(name, `one of ${choices.join(', ')}`, found);
}

function single(params: URLSearchParams, name: string): string | null {
  const [value = null, ...others] = params.getAll(name);
  if (others.length === 0) return value;
  throw new BadParameter(`${name}: expected it once, found it ${others.length + 1} times`);
}

function unexpected(name: string, expected: string, found: string): BadParameter {
  return new BadParameter(`${name}: expected ${expected}, found ${JSON.stringify(shorten(found, 80))}`);
}
