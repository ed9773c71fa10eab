import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { asObject, asText, parseObject } from './json.ts';
import { readServers } from './message.ts';
import type { SnapshotServer } from './server.ts';

/** What a stream is to bring: names and patterns of servers, and types of events; an empty list asks for all. */
export interface Wanted {
  readonly servers: readonly string[];
  readonly types: readonly string[];
}

/** Where a stream is to begin: after a cursor, a span ago such as `10m`, at the oldest event kept (`all`), or now. */
export type Start =
  | { readonly kind: 'after'; readonly id: string }
  | { readonly kind: 'since'; readonly span: string }
  | { readonly kind: 'now' };

/** An answer to the wish for a stream. */
export type Opening =
  | { readonly kind: 'open'; readonly chunks: AsyncIterable<string> }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly message: string;
      /** What `Retry-After` asks for; 0 where it is not there. */
      readonly retryAfterMs: number;
    };

/** Speaks to an exporter. All methods reject on a network error and when `signal` is aborted. */
export interface FeedClient {
  open(start: Start, signal: AbortSignal): Promise<Opening>;
  /** Whether the exporter has looked at its servers since it started. */
  isReady(signal: AbortSignal): Promise<boolean>;
  /** The servers as the exporter sees them now. */
  servers(signal: AbortSignal): Promise<readonly SnapshotServer[]>;
}

/** Creates a client of the exporter at `url`, which may hold a user and a password. */
export function createFeedClient(url: string, wanted: Wanted): FeedClient {
  const get = requesterOf(url);
  return {
    async open(start, signal) {
      const query = new URLSearchParams();
      for (const server of wanted.servers) query.append('server', server);
      for (const type of wanted.types) query.append('type', type);
      if (start.kind === 'since') query.append('since', start.span);
      const cursor = start.kind === 'after' ? { 'last-event-id': start.id } : {};
      const response = await get(`events?${query}`, { accept: 'text/event-stream', ...cursor }, signal);
      return response.statusCode === 200 ? openingOf(response) : refusalOf(response);
    },
    async isReady(signal) {
      const response = await get('-/ready', {}, signal);
      response.resume();
      return response.statusCode !== 503;
    },
    async servers(signal) {
      const response = await get('api/v1/servers', { accept: 'application/json' }, signal);
      const servers = parseObject(await textOf(response))?.['servers'];
      if (response.statusCode !== 200 || !Array.isArray(servers)) throw new Error('the exporter does not list servers');
      return readServers(servers);
    },
  };
}

type Get = (path: string, headers: Record<string, string>, signal: AbortSignal) => Promise<IncomingMessage>;

function requesterOf(url: string): Get {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const auth = base.username === '' ? {} : { authorization: basicAuth(base) };
  base.username = '';
  base.password = '';
  const request = base.protocol === 'https:' ? requestHttps : requestHttp;
  return (path, headers, signal) =>
    new Promise((resolve, reject) => {
      // A connection of its own for each: one that is kept alive may be dead without knowing.
      const sent = request(new URL(path, base), { agent: false, headers: { ...auth, ...headers }, signal });
      sent.on('response', resolve).on('error', reject).end();
    });
}

function basicAuth({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function openingOf(response: IncomingMessage): Opening {
  const type = response.headers['content-type'] ?? 'nothing';
  if (type.startsWith('text/event-stream')) return { kind: 'open', chunks: response.setEncoding('utf8') };
  response.destroy();
  return { kind: 'refused', status: 200, message: `it sent ${type}, no event stream`, retryAfterMs: 0 };
}

async function refusalOf(response: IncomingMessage): Promise<Opening> {
  const { statusCode: status = 0, headers } = response;
  const error = asObject(parseObject(await textOf(response))?.['error']);
  const message = asText(error?.['message']) ?? `it answered ${status}`;
  return { kind: 'refused', status, message, retryAfterMs: retryAfterMs(headers['retry-after']) };
}

/** RFC 9110, 10.2.3: seconds, or a date, which no exporter sends. */
function retryAfterMs(header: string | undefined): number {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) * 1_000 : 0;
}

const MOST_BYTES = 16 * 1024 * 1024;

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_BYTES) throw new Error('the answer is too long');
  }
  return text;
}
