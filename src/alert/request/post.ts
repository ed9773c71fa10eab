import type { ClientRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Cleared, Resolve } from './address-guard.ts';
import { clearRoute } from './clearance.ts';
import type { Connect } from './connect.ts';
import { Deadline } from './deadline.ts';
import { failureText, Late } from './failure.ts';
import type { Outcome } from './outcome.ts';
import {
  type ProxySettings,
  proxyLogin,
  type Route,
  routeTo,
  secretsOf,
  type UsableRoute,
  type Variables,
} from './proxy.ts';
import { readBounded, responseOf } from './response.ts';
import { responseExcerpt, retryAfterIn } from './response-excerpt.ts';
import { parseRetryAfter } from './retry-after.ts';
import { hostOf, isLiteral } from './target-address.ts';
import { openTunnel, ProxyAnswer } from './tunnel.ts';

/** How TLS is spoken with an endpoint, in the names of Node; what is left out has its default. */
export type TlsSettings = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;

/** A request that is to be made. */
export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly proxy: ProxySettings;
  readonly tls: TlsSettings;
  /** How long all of it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** What must not come back in the outcome. */
  readonly secrets: readonly string[];
}

/** Makes one POST request and returns its outcome; never rejects. */
export type Post = (request: PostRequest) => Promise<Outcome>;

/** How the outside is reached. */
export interface Network {
  /** DNS and connections; replaced in tests. */
  readonly resolve: Resolve;
  readonly connect: Connect;
  /** The environment variables, which may name proxies. */
  readonly variables: Variables;
}

/** Creates what makes requests: no redirects, no connection that is used twice, and of an answer no more than 64 KiB. */
export function createPost(network: Network): Post {
  return async (request) => {
    const route = routeTo(request.url, request.proxy, network.variables);
    if (route.kind === 'unusable') return { kind: 'unanswered', problem: route.problem };
    const deadline = new Deadline(request.timeoutMs);
    const signal = AbortSignal.any([request.signal, deadline.signal]);
    try {
      return await new Attempt(request, network, signal).along(route);
    } catch (error) {
      const problem = failureText(deadline.hasPassed ? new Late(request.timeoutMs) : error, route);
      return { kind: 'unanswered', problem };
    } finally {
      deadline.clear();
    }
  };
}

type Proxied = Extract<Route, { kind: 'proxy' }>;

/** One attempt to make a request. */
class Attempt {
  readonly #request: PostRequest;
  readonly #network: Network;
  readonly #signal: AbortSignal;

  constructor(request: PostRequest, network: Network, signal: AbortSignal) {
    this.#request = request;
    this.#network = network;
    this.#signal = signal;
  }

  /** Makes the request. Rejects if nothing answers. */
  async along(route: UsableRoute): Promise<Outcome> {
    const { url } = this.#request;
    const clearance = await within(this.#signal, clearRoute(url, route, this.#network.resolve));
    if (clearance.kind === 'refused') return { kind: 'unsendable', problem: clearance.problem };
    const outcome = await this.#outcomeOf(await this.#send(route, clearance), secretsOf(route));
    return route.kind === 'proxy' && url.protocol === 'http:' ? outcomeByProxy(outcome, route) : outcome;
  }

  async #send(route: UsableRoute, { lookup }: Cleared): Promise<ClientRequest> {
    const { url, tls } = this.#request;
    const isSecure = url.protocol === 'https:';
    if (route.kind === 'direct') return this.#connectTo(url, { ...this.#post, ...(isSecure ? tls : {}), lookup });
    if (!isSecure) return this.#connectTo(route.url, { ...this.#postByProxy(route), lookup });
    const socket = await openTunnel(this.#connectTo(route.url, { ...this.#connectRequest(route), lookup }));
    return this.#connectTo(url, { ...this.#post, ...tls, socket });
  }

  #connectTo(url: URL, options: RequestOptions & { readonly socket?: Socket }): ClientRequest {
    const { connect } = this.#network;
    const send = url.protocol === 'https:' ? connect.https : connect.http;
    return send({ hostname: hostOf(url), port: url.port, ...options, signal: this.#signal, agent: false });
  }

  get #post(): RequestOptions {
    const { url, headers, body } = this.#request;
    const length = String(Buffer.byteLength(body));
    return { method: 'POST', path: `${url.pathname}${url.search}`, headers: { ...headers, 'content-length': length } };
  }

  #postByProxy({ url: proxy }: Proxied): RequestOptions {
    const { url } = this.#request;
    const { headers, ...rest } = this.#post;
    const path = `${url.origin}${url.pathname}${url.search}`;
    return { ...rest, ...this.#tlsOfProxy(proxy), path, headers: { host: url.host, ...headers, ...proxyLogin(proxy) } };
  }

  #connectRequest({ url: proxy }: Proxied): RequestOptions {
    const { url, headers } = this.#request;
    const target = `${url.hostname}:${url.port || '443'}`;
    const agent = headers['user-agent'];
    const own = { host: target, ...(agent === undefined ? {} : { 'user-agent': agent }), ...proxyLogin(proxy) };
    return { ...this.#tlsOfProxy(proxy), method: 'CONNECT', path: target, headers: own };
  }

  /** Node would take the name of the proxy from the Host header, and `server_name` is that of the endpoint. */
  #tlsOfProxy(proxy: URL): TlsSettings {
    const host = hostOf(proxy);
    return proxy.protocol === 'https:' ? { ...this.#request.tls, servername: isLiteral(host) ? '' : host } : {};
  }

  /** The status line decides: what follows is only read for what it says, as far as it comes in time. */
  async #outcomeOf(sent: ClientRequest, secretsOfRoute: readonly string[]): Promise<Outcome> {
    const { body, secrets } = this.#request;
    const response = await responseOf(sent, body);
    const { statusCode: status = 0, headers } = response;
    const text = await within(this.#signal, readBounded(response)).catch(() => '');
    response.destroy();
    const inBody = status === 429 ? retryAfterIn(text) : null;
    const retryAfterMs = inBody === null ? parseRetryAfter(headers['retry-after'], Date.now()) : inBody * 1_000;
    return { kind: 'answered', status, retryAfterMs, excerpt: responseExcerpt(text, [...secrets, ...secretsOfRoute]) };
  }
}

/** Ends as `work` does, or rejects if the signal is first. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A proxy answers 407 for itself, and 502 or 504 in place of a receiver that it cannot reach, which nothing in the answer shows. */
function outcomeByProxy(outcome: Outcome, { name }: Proxied): Outcome {
  if (outcome.kind !== 'answered') return outcome;
  if (outcome.status === 407) throw new ProxyAnswer(407);
  if (outcome.status < 500) return outcome;
  const said = outcome.excerpt === null ? '' : `${outcome.excerpt}; `;
  return { ...outcome, excerpt: `${said}by the receiver, or by the proxy of ${name}` };
}
