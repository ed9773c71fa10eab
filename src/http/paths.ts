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

/** Takes the prefix off the path of a request. `/` and the prefix itself lead to the landing page; anything else outside the prefix is not found. On a Unix socket every path answers with the prefix and without: a URL such as `unix:/run/x.sock` has no place for it. */
export function stripPrefix(prefix: string): RequestHandler {
  return (request, response, next) => {
    const { path } = request;
    if (prefix === '') return next();
    // A client may send the whole URL (RFC 9112, 3.2.2).
    const target = request.url.replace(/^https?:\/\/[^/?#]*/i, '');
    if (target.startsWith(`${prefix}/`)) {
      request.url = target.slice(prefix.length);
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
