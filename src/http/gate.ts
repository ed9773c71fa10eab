import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import type { Scope } from '../core/scope.ts';
import type { Admission, ConnectionEnds, Visitor } from './access/doorkeeper.ts';
import { sendFailure } from './api-failure.ts';
import type { Gatekeeper, HttpPorts } from './ports.ts';

const BUSY_MS = 1_000;
const BASIC = 'Basic realm="tmux-exporter", charset="UTF-8"';
const BEARER = 'Bearer realm="tmux-exporter"';

const TOKEN = 'expected a token in the header Authorization: Bearer';

/** What is needed for each scope. */
const LOGINS: Readonly<Record<Scope, string>> = {
  read: 'expected a user and a password of basic_auth_users, or a token with the scope read',
  write: `${TOKEN}, with the scope write: the commands of tmux-exporter send their own, others need one of web.tokens`,
  alerts: `${TOKEN}, with the scope alerts: add one to web.tokens, and name its file in the receiver of the Alertmanager`,
};

/** An opaque id of the token or user of an admitted request, or else of its user of this machine; null if none is known. */
export async function holderOf(
  { socket }: Request,
  { locals }: Response,
  doorkeeper: Gatekeeper,
): Promise<string | null> {
  const login: unknown = locals['login'];
  return typeof login === 'string' ? login : doorkeeper.userAt(endsOf(socket));
}

/** Sets the headers of the policy. */
export function policyHeaders({ policy }: Gatekeeper): RequestHandler {
  return async (_request, response, next) => {
    response.set((await policy()).headers);
    next();
  };
}

/** Lets a request in if the policy's rate allows it, and its sender may do what it asks for. A connection that could not be made any more is closed. */
export function admitOnly({
  doorkeeper,
  couldConnect,
}: Pick<HttpPorts, 'doorkeeper' | 'couldConnect'>): RequestHandler {
  return async (request, response, next) => {
    const { rate } = await doorkeeper.policy();
    if (rate !== null && !doorkeeper.isWithin(rate)) return refuseRate(response, rate.intervalMs);
    const { socket, headers } = request;
    const scope = scopeOf(request);
    const visitor: Visitor = {
      authorization: headers.authorization,
      ends: endsOf(socket),
      couldConnect: (policy) => couldConnect(socket, policy),
    };
    const admission = await doorkeeper.admit(visitor, scope);
    // No answer: clients such as Prometheus repeat the request on a new connection.
    if (admission.kind === 'outdated') return void socket.destroy();
    if (admission.kind !== 'admitted') return refuse(response, admission, scope);
    response.locals['login'] = admission.login;
    next();
  };
}

function endsOf(socket: Socket): ConnectionEnds | null {
  const { remoteAddress, remotePort = 0, localAddress = '', localPort = 0 } = socket;
  if (remoteAddress === undefined) return null;
  return { address: remoteAddress, port: remotePort, ownAddress: localAddress, ownPort: localPort };
}

const READS = ['GET', 'HEAD', 'OPTIONS'];

function scopeOf({ method, path }: Request): Scope {
  if (READS.includes(method)) return 'read';
  return path === '/api/v1/alerts' ? 'alerts' : 'write';
}

function refuseRate(response: Response, waitMs: number): void {
  askToWait(response, waitMs);
  sendFailure(response, 'too_many_requests', 'more requests than the rate_limit of the web config file allows');
}

type Refusal = Exclude<Admission, { kind: 'admitted' | 'outdated' }>;

function refuse(response: Response, admission: Refusal, scope: Scope): void {
  if (admission.kind === 'unknown') {
    response.set('WWW-Authenticate', scope === 'read' ? [BASIC, BEARER] : BEARER);
    sendFailure(response, 'unauthorized', LOGINS[scope]);
  } else if (admission.kind === 'forbidden') {
    response.set('WWW-Authenticate', `${BEARER}, error="insufficient_scope", scope="${scope}"`);
    sendFailure(response, 'forbidden', `expected a token with the scope ${scope}, found one without it`);
  } else if (admission.kind === 'limited') {
    askToWait(response, admission.waitMs);
    sendFailure(
      response,
      'too_many_requests',
      'too many failed logins from this address or user: wait before the next',
    );
  } else {
    askToWait(response, BUSY_MS);
    sendFailure(response, 'busy', 'too many logins are being checked: try again');
  }
}

function askToWait(response: Response, waitMs: number): void {
  response.set('Retry-After', String(Math.max(1, Math.ceil(waitMs / 1_000))));
}
