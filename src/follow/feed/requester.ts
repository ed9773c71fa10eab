import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { percentDecoded } from '../../core/text.ts';

const require = createRequire(import.meta.url);
/** An import would bring all names of node:http, and with some of them the whole of undici: 5 MB in each follower. */
const { request: requestHttp } = require('node:http') as typeof import('node:http');

/** The parts of a request other than its path. */
export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Sends a request to a path below the URL of an exporter. Rejects on a network error and when `signal` is aborted. */
export type Requester = (path: string, parts: RequestParts) => Promise<IncomingMessage>;

/** Trusted certificate authorities, and a client certificate with its key, in PEM. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The URL and credentials of an exporter. The functions are called for each request. */
export interface Access {
  /** May hold a user and a password; `unix:/path` for a Unix socket. */
  readonly url: string;
  /** An `Authorization` header; null for none. */
  readonly authorization: () => Promise<string | null>;
  readonly tls: () => Promise<TlsFiles>;
}

/** Creates a function that sends requests to an exporter. */
export function createRequester({ url, authorization, tls }: Access): Requester {
  const socketPath = socketOf(url);
  const base = socketPath === null ? new URL(url.endsWith('/') ? url : `${url}/`) : new URL('http://localhost/');
  const login = base.username === '' ? null : basicAuth(base);
  base.username = '';
  base.password = '';
  const connection = socketPath === null ? {} : { socketPath };
  const request =
    base.protocol === 'https:' ? (require('node:https') as typeof import('node:https')).request : requestHttp;
  return async (path, { method = 'GET', headers, body, signal }) => {
    const given = login ?? (await authorization());
    const all = { ...(given !== null && { authorization: given }), ...headers };
    const certificates = base.protocol === 'https:' ? await tls() : {};
    return new Promise((resolve, reject) => {
      // A connection of its own for each: one that is kept alive may be dead without knowing.
      const sent = request(new URL(path, base), {
        ...connection,
        ...certificates,
        agent: false,
        method,
        headers: all,
        signal,
      });
      sent
        .on('response', resolve)
        .on('error', reject)
        .on('close', () => reject(new Error('it answered nothing')))
        .end(body);
    });
  };
}

const UNIX = 'unix:';

/** The path of the socket that a URL such as `unix:/run/x.sock` names; null for any other URL. */
export function socketOf(url: string): string | null {
  return url.startsWith(UNIX) ? url.slice(UNIX.length) : null;
}

function basicAuth({ username, password }: URL): string {
  const credentials = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

const MOST_BYTES = 16 * 1024 * 1024;

/** Reads the text of a response. */
export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_BYTES) throw new Error('the answer is too long');
  }
  return text;
}
