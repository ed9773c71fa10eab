import type { RequestHandler, Response } from 'express';
import type { Admission, Doorkeeper } from './access/doorkeeper.ts';
import { sendFailure } from './failure.ts';

const BUSY_MS = 1_000;

/** Sets the headers of the policy. */
export function policyHeaders({ policy }: Doorkeeper): RequestHandler {
  return async (_request, response, next) => {
    response.set((await policy()).headers);
    next();
  };
}

/** Lets a request in if the policy's rate and users allow it. */
export function admitOnly(doorkeeper: Doorkeeper): RequestHandler {
  return async ({ headers, socket }, response, next) => {
    const { rate } = await doorkeeper.policy();
    if (rate !== null && !doorkeeper.isWithin(rate)) return refuseRate(response, rate.intervalMs);
    const { authorization } = headers;
    const admission = await doorkeeper.admit({ authorization, address: socket.remoteAddress ?? 'local' });
    if (admission.kind === 'admitted') next();
    else refuse(response, admission);
  };
}

function refuseRate(response: Response, waitMs: number): void {
  askToWait(response, waitMs);
  sendFailure(response, 'too_many_requests', 'more requests than the rate_limit of the web config file allows');
}

function refuse(response: Response, admission: Exclude<Admission, { kind: 'admitted' }>): void {
  if (admission.kind === 'unknown') {
    response.set('WWW-Authenticate', 'Basic realm="tmux-exporter", charset="UTF-8"');
    sendFailure(response, 'unauthorized', 'expected a user and a password of basic_auth_users');
  } else if (admission.kind === 'limited') {
    askToWait(response, admission.waitMs);
    sendFailure(response, 'too_many_requests', 'too many failed logins from this address: wait before the next');
  } else {
    askToWait(response, BUSY_MS);
    sendFailure(response, 'busy', 'too many logins are being checked: try again');
  }
}

function askToWait(response: Response, waitMs: number): void {
  response.set('Retry-After', String(Math.max(1, Math.ceil(waitMs / 1_000))));
}
