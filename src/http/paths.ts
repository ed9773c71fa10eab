import type { RequestHandler } from 'express';
import { sendFailure } from './api-failure.ts';

/** The paths that can be configured. */
export interface WebPaths {
  /** What every path begins with: empty, or such as `/tmux`. */
  readonly prefix: string;
  /** The path of the metrics below the prefix: `/metrics`. */
  readonly telemetry: string;
}

/** Takes the prefix off the path of a request. `/` and the prefix itself lead to the landing page; anything else outside the prefix is not found. On a Unix socket the prefix may be left out: a URL such as `unix:/run/x.sock` has no place for it. */
export function stripPrefix(prefix: string): RequestHandler {
  return (request, response, next) => {
    const { path, url } = request;
    if (prefix === '') return next();
    if (url.startsWith(`${prefix}/`)) {
      request.url = url.slice(prefix.length);
      next();
    } else if (request.socket.remoteAddress === undefined) {
      next();
    } else if (path === '/' || path === prefix) {
      response.redirect(302, `${prefix}/`);
    } else sendFailure(response, 'not_found', `nothing is at ${path}: ${prefix}/ lists what there is`);
  };
}
