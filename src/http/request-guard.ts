import { isIP } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isLoopbackAddress } from '../core/loopback.ts';
import { sendFailure } from './api-failure.ts';
import type { HostPolicy } from './ports.ts';

const HOST = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:]*?)\.?)(?::\d*)?$/;
const SAFE_METHODS = ['GET', 'HEAD'];

/** Whether a Host header names this machine, or one of `allowedHosts`. */
export function isLocalHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = hostName(host);
  if (isIP(name)) return isLoopbackAddress(name) || allowedHosts.includes(name);
  return name === 'localhost' || name.endsWith('.localhost') || allowedHosts.includes(name);
}

/** Whether an Origin header names the host of the request. The scheme is not compared: a proxy may have ended TLS. */
export function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/** Refuses a request with two Host headers with 400: a proxy may have checked the other one (RFC 9112, section 3.2). */
export function guardHostCount(request: Request, response: Response, next: NextFunction): void {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts <= 1) next();
  else sendFailure(response, 'bad_request', `Host: expected one header, found ${hosts}`);
}

/** Refuses a foreign Host with 403. A web page that rebound its name to a loopback address sends that name. */
export function guardHost({ loopbackOnly, allowedHosts }: HostPolicy): RequestHandler {
  return (request, response, next) => {
    const { host = '' } = request.headers;
    if (!loopbackOnly || isLocalHost(host, allowedHosts)) return next();
    const expected = 'localhost, a loopback address or one of --web.allowed-hosts';
    sendFailure(response, 'foreign_host', `Host: expected ${expected}, found ${JSON.stringify(host)}`);
  };
}

/** Refuses a write of a foreign web page with 403. */
export function guardOrigin(request: Request, response: Response, next: NextFunction): void {
  const { origin, host = '' } = request.headers;
  if (SAFE_METHODS.includes(request.method) || origin === undefined || isOwnOrigin(origin, host)) next();
  else sendFailure(response, 'foreign_origin', `Origin: expected that of ${host}, found ${JSON.stringify(origin)}`);
}

const STREAM_DESTINATIONS = ['empty', 'document'];
const FOREIGN_SITES = ['cross-site', 'same-site'];

/** Refuses a request of another origin's page with 403, except a link that a person follows. Browsers say so in `Sec-Fetch-*` (https://www.w3.org/TR/fetch-metadata/); other clients send no such header. */
export function guardSite(request: Request, response: Response, next: NextFunction): void {
  if (!isOfForeignPage(request) || isFollowedLink(request)) next();
  else refuseForeignPage(request, response);
}

/** Refuses a stream for a frame, an embedded object or a link of another origin with 403. They send no Origin, so a page could take all places of the feed with them. */
export function refuseFrames(request: Request, response: Response, next: NextFunction): void {
  const destination = request.get('Sec-Fetch-Dest') ?? 'empty';
  if (isOfForeignPage(request)) refuseForeignPage(request, response);
  else if (STREAM_DESTINATIONS.includes(destination)) next();
  else {
    const expected = 'that of EventSource, fetch or a tab';
    sendFailure(
      response,
      'foreign_origin',
      `Sec-Fetch-Dest: expected ${expected}, found ${JSON.stringify(destination)}`,
    );
  }
}

function isOfForeignPage(request: Request): boolean {
  return FOREIGN_SITES.includes(request.get('Sec-Fetch-Site') ?? 'none');
}

function isFollowedLink(request: Request): boolean {
  const isNavigation = request.get('Sec-Fetch-Mode') === 'navigate' && request.get('Sec-Fetch-Dest') === 'document';
  return isNavigation && SAFE_METHODS.includes(request.method);
}

function refuseForeignPage(request: Request, response: Response): void {
  const found = JSON.stringify(request.get('Sec-Fetch-Site'));
  const expected = 'a page of this origin, or no page';
  sendFailure(response, 'foreign_origin', `Sec-Fetch-Site: expected ${expected}, found ${found}`);
}

/** Sets the headers that every response carries. */
export function secureHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
  next();
}

function hostName(host: string): string {
  const { ipv6, name = '' } = HOST.exec(host.toLowerCase())?.groups ?? {};
  return ipv6 ?? name;
}
