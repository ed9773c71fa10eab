import { type FeedScope, NO_SCOPE } from '../core/fleet/feed-scope.ts';
import type { DropReason } from './feed-observer.ts';
import type { FeedOptions } from './options.ts';

/** Why a request gets no stream: the content of its error response. */
export interface Refusal {
  readonly status: 400 | 429 | 503;
  readonly code: string;
  readonly message: string;
}

export const SHUTTING_DOWN: Refusal = {
  status: 503,
  code: 'shutting_down',
  message: 'the exporter is shutting down',
};

/** The refusal of a scope that there is not. */
export function noScope(scope: FeedScope): Refusal {
  return { status: 400, ...NO_SCOPE[scope] };
}

export function badParameter(message: string): Refusal {
  return { status: 400, code: 'bad_parameter', message };
}

/** The refusal of a client for which there is no place. */
export function noPlace(reason: Extract<DropReason, `max_${string}`>, options: FeedOptions): Refusal {
  if (reason === 'max_clients') {
    const message = `all ${options.maxClients} streams for clients like this one are taken`;
    return { status: 503, code: reason, message };
  }
  const message = `this address has ${options.maxClientsPerAddress} streams already`;
  return { status: 429, code: reason, message };
}
