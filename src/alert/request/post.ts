import type { ClientRequest, IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { hostOf } from './address.ts';
import { clear, type Resolve } from './address-guard.ts';
import { errorCode } from './error-code.ts';
import type { Outcome } from './outcome.ts';
import { responseExcerpt, retryAfterIn } from './response-excerpt.ts';
import { parseRetryAfter } from './retry-after.ts';

const require = createRequire(import.meta.url);
/** An import would bring all names of node:http, and with some of them the whole of undici: 6 MB, and a tenth of a second at each start. */
const { request: httpRequest } = require('node:http') as typeof import('node:http');
const { request: httpsRequest } = require('node:https') as typeof import('node:https');

/** How much of an answer is read, in bytes. */
const MOST_ANSWER_BYTES = 65_536;

/** A request that is to be made. */
export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long all of it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** What must not come back in the outcome. */
  readonly secrets: readonly string[];
}

/** Makes one POST request, and gives what came of it; never rejects. */
export type Post = (request: PostRequest) => Promise<Outcome>;

/** How the outside is reached: another way than the machine's only where nothing may leave it. */
export interface Network {
  readonly resolve: Resolve;
  readonly connect: { readonly http: typeof httpRequest; readonly https: typeof httpsRequest };
}

/** The machine's own network. Proxies that the environment names are not used. */
export const CONNECT: Network['connect'] = { http: httpRequest, https: httpsRequest };

/** Creates what makes requests: no redirects, no connection that is used twice, and of an answer no more than 64 KiB. */
export function createPost({ resolve, connect }: Network): Post {
  return async (request) => {
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const signal = AbortSignal.any([request.signal, deadline]);
    try {
      const clearance = await within(signal, clear(request.url, resolve));
      if (clearance.kind === 'refused') return { kind: 'unsendable', problem: clearance.problem };
      const send = request.url.protocol === 'https:' ? connect.https : connect.http;
      const sent = send({ ...target(request), lookup: clearance.lookup, signal, agent: false });
      return await outcomeOf(sent, request, signal);
    } catch (error) {
      return { kind: 'unanswered', problem: deadline.aborted ? timeoutText(request.timeoutMs) : problemText(error) };
    }
  };
}

function target({ url, headers, body }: PostRequest) {
  return {
    method: 'POST',
    hostname: hostOf(url),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
  };
}

/** The status line decides: what follows is only read for what it says, as far as it comes in time. */
async function outcomeOf(sent: ClientRequest, { body, secrets }: PostRequest, signal: AbortSignal): Promise<Outcome> {
  const response = await responseOf(sent, body);
  const { statusCode: status = 0, headers } = response;
  const text = await within(signal, readBounded(response)).catch(() => '');
  response.destroy();
  const inBody = status === 429 ? retryAfterIn(text) : null;
  const retryAfterMs = inBody === null ? parseRetryAfter(headers['retry-after'], Date.now()) : inBody * 1_000;
  return { kind: 'answered', status, retryAfterMs, excerpt: responseExcerpt(text, secrets) };
}

function responseOf(sent: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // It stays for what goes wrong later: the answer counts by then.
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString();
}

/** Settles as `work` does, or rejects when the signal comes first. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function timeoutText(timeoutMs: number): string {
  return `no answer within ${timeoutMs} ms`;
}

const PROBLEMS = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['ENOTFOUND', 'the name of its host is not known'],
  ['EAI_AGAIN', 'the name of its host cannot be resolved at the moment'],
  ['EHOSTUNREACH', 'its host cannot be reached'],
  ['ENETUNREACH', 'its network cannot be reached'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
]);

/** What went wrong, told by its code alone: the messages of errors name hosts and addresses. */
function problemText(error: unknown): string {
  const code = errorCode(error);
  if (!/^[A-Z0-9_]{1,48}$/.test(code)) return 'the request failed';
  const isCertificate = /CERT|SIGNATURE|ISSUER/.test(code);
  return (
    PROBLEMS.get(code) ?? (isCertificate ? `its certificate is not trusted (${code})` : `the request failed (${code})`)
  );
}
