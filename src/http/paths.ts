import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { sendFailure } from './api-failure.ts';

/** The paths that can be configured. */
export interface WebPaths {
  /** What every path begins with: empty, or such as `/tmux`. */
  readonly prefix: string;
  /** The path of the metrics below the prefix: `/metrics`. */
  readonly telemetry: string;
}

const WHOLE_URL = /^[a-z][a-z\d+.-]*:\/\/(?<host>[^/?#]*)(?<path>[^#]*)/i;

/** Makes the target of a request a path without a fragment. If a client sends a whole URL, the host in it replaces the `Host` header (RFC 9112, section 3.2.2). */
export function readTarget(request: Pick<IncomingMessage, 'url' | 'headers'>): void {
  const { url = '', headers } = request;
  const { host, path = url.split('#')[0] ?? '' } = WHOLE_URL.exec(url)?.groups ?? {};
  if (host !== undefined) headers.host = host;
  request.url = path.startsWith('/') ? path : `/${path}`;
}

/** Takes the prefix off the path of a request. `/` and the prefix itself lead to the landing page; anything else outside the prefix is not found. On a Unix socket every path answers with the prefix and without: a URL such as `unix:/run/x.sock` has no place for it. */
export function stripPrefix(prefix: string): RequestHandler {
  return (request, response, next) => {
    const { path, url } = request;
    if (prefix === '') return next();
    if (url.startsWith(`${prefix}/`)) {
      request.url = url.slice(prefix.length);
      next();
    } else if (path === prefix) {
      response.redirect(302, `${prefix}/`);
    } else if (isUnixSocket(request)) {
      next();
    } else if (path === '/') {
      response.redirect(302, `${prefix}/`);
    } else sendFailure(response, 'not_found', `nothing is at ${path}: ${prefix}/ lists what there is`);
  };
}

/** The address of the listener says so: that of a client is unknown, too, once it has gone. */
function isUnixSocket({ socket }: Request): boolean {
  const { server } = socket as Socket & { readonly server?: Server };
  return typeof server?.address() === 'string';
}
