import { isIP } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isLoopbackAddress } from '../core/loopback.ts';
import { sendFailure } from './failure.ts';
import type { HostPolicy } from './ports.ts';

const HOST = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:]*?)\.?)(?::\d*)?$/;
const SAFE_METHODS = ['GET', 'HEAD'];

/** Whether a Host header names this machine, or one of `allowedHosts`. */
export function isLocalHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = hostName(host);
  if (isIP(name)) return isLoopbackAddress(name) || allowedHosts.includes(name);
  return name === 'localhost' || name.endsWith('.localhost') || allowedHosts.includes(name);
}

/** Whether an Origin header is that of the host that was asked. The scheme is not compared: a proxy may have ended TLS. */
export function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/** Refuses a foreign Host with 403: a web page whose name was rebound to a loopback address sends its own name. */
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

/** Sets the headers that every response carries. */
export function secureHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
  next();
}

function hostName(host: string): string {
  const { ipv6, name = '' } = HOST.exec(host.toLowerCase())?.groups ?? {};
  return ipv6 ?? name;
}
