import type { IncomingMessage } from 'node:http';
import type { FeedScope } from '../../core/fleet/feed-scope.ts';
import { asObject, asText, parseObject } from '../../core/json.ts';
import type { SnapshotServer } from './known-server.ts';
import { type Access, createRequester, textOf } from './requester.ts';
import { readServers } from './stream-message.ts';

/** The events to request: names and patterns of the exporters of a fleet and of servers, and types of events; an empty list means all. */
export interface Wanted {
  /** Null for the one that the exporter gives without being asked: a hub that of its fleet. */
  readonly scope: FeedScope | null;
  readonly hosts: readonly string[];
  readonly servers: readonly string[];
  readonly types: readonly string[];
}

/** Where a stream begins: after a cursor, a time span ago such as `10m`, at the oldest kept event (`all`), or now. */
export type Start =
  | { readonly kind: 'after'; readonly id: string }
  | { readonly kind: 'since'; readonly span: string }
  | { readonly kind: 'now' };

/** The answer to a request for a stream. */
export type Opening =
  | { readonly kind: 'open'; readonly chunks: AsyncIterable<string> }
  | {
      readonly kind: 'refused';
      readonly status: number;
      /** The code of the error, such as `bad_parameter`; null if there is none. */
      readonly code: string | null;
      readonly message: string;
      /** The value of `Retry-After`; 0 if it is missing. */
      readonly retryAfterMs: number;
    };

/** Client of an exporter. All methods reject on a network error and when `signal` is aborted. */
export interface FeedClient {
  open(start: Start, signal: AbortSignal): Promise<Opening>;
  /** Whether the exporter has polled its servers since it started. */
  isReady(signal: AbortSignal): Promise<boolean>;
  /** Lists the servers as the exporter knows them now. */
  servers(signal: AbortSignal): Promise<readonly SnapshotServer[]>;
}

/** Creates the client of one exporter. */
export function createFeedClient(access: Access, wanted: Wanted): FeedClient {
  const get = createRequester(access);
  return {
    async open(start, signal) {
      const query = new URLSearchParams(wanted.scope === null ? {} : { scope: wanted.scope });
      for (const host of wanted.hosts) query.append('host', host);
      for (const server of wanted.servers) query.append('server', server);
      for (const type of wanted.types) query.append('type', type);
      if (start.kind === 'since') query.append('since', start.span);
      const cursor = start.kind === 'after' ? { 'last-event-id': start.id } : {};
      const headers = { accept: 'text/event-stream', ...cursor };
      const response = await get(`events?${query}`, { headers, signal });
      return response.statusCode === 200 ? openingOf(response) : refusalOf(response);
    },
    async isReady(signal) {
      const response = await get('-/ready', { signal });
      response.resume();
      return response.statusCode !== 503;
    },
    async servers(signal) {
      const response = await get('api/v1/servers', { headers: { accept: 'application/json' }, signal });
      const servers = parseObject(await textOf(response))?.['servers'];
      if (response.statusCode !== 200 || !Array.isArray(servers)) throw new Error('the exporter does not list servers');
      return readServers(servers);
    },
  };
}

function openingOf(response: IncomingMessage): Opening {
  const type = response.headers['content-type'] ?? 'nothing';
  if (type.startsWith('text/event-stream')) return { kind: 'open', chunks: response.setEncoding('utf8') };
  response.destroy();
  return {
    kind: 'refused',
    status: 200,
    code: null,
    message: `expected an event stream, found ${type}`,
    retryAfterMs: 0,
  };
}

async function refusalOf(response: IncomingMessage): Promise<Opening> {
  const { statusCode: status = 0, headers } = response;
  const error = asObject(parseObject(await textOf(response))?.['error']);
  const message = asText(error?.['message']) ?? `it answered ${status}`;
  const retry = retryAfterMs(headers['retry-after']);
  return { kind: 'refused', status, code: asText(error?.['code']), message, retryAfterMs: retry };
}

/** Parses `Retry-After` (RFC 9110, 10.2.3): seconds. It may also be a date, but no exporter sends one. */
function retryAfterMs(header: string | undefined): number {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) * 1_000 : 0;
}
