import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What is sent beside the path. */
export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Asks an exporter for a path below its URL. Rejects on a network error and when `signal` is aborted. */
export type Requester = (path: string, parts: RequestParts) => Promise<IncomingMessage>;

/** The authorities that are trusted, and a client certificate with its key, in PEM. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The exporter to ask, and who asks. What is a function is read anew for each request. */
export interface Access {
  /** May hold a user and a password. */
  readonly url: string;
  /** An `Authorization` header; null for none. */
  readonly authorization: () => Promise<string | null>;
  readonly tls: () => Promise<TlsFiles>;
}

/** Creates what asks an exporter. */
export function createRequester({ url, authorization, tls }: Access): Requester {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const login = base.username === '' ? null : basicAuth(base);
  base.username = '';
  base.password = '';
  const request = base.protocol === 'https:' ? requestHttps : requestHttp;
  return async (path, { method = 'GET', headers, body, signal }) => {
    const given = login ?? (await authorization());
    const all = { ...(given !== null && { authorization: given }), ...headers };
    const certificates = base.protocol === 'https:' ? await tls() : {};
    return new Promise((resolve, reject) => {
      // A connection of its own for each: one that is kept alive may be dead without knowing.
      const sent = request(new URL(path, base), { ...certificates, agent: false, method, headers: all, signal });
      sent.on('response', resolve).on('error', reject).end(body);
    });
  };
}

function basicAuth({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

const MOST_BYTES = 16 * 1024 * 1024;

/** The text of an answer. */
export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_BYTES) throw new Error('the answer is too long');
  }
  return text;
}
