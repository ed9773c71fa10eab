import type { FeedScope } from '../core/fleet/feed-scope.ts';
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

/** The refusals of a scope that there is not. */
export const NO_SCOPE: Readonly<Record<FeedScope, Refusal>> = {
  local: {
    status: 400,
    code: 'no_local',
    message: 'scope: this is a hub, which has no servers of its own: leave scope out, or ask for scope=fleet',
  },
  fleet: {
    status: 400,
    code: 'no_fleet',
    message: 'scope: this exporter is no hub: ask a hub for scope=fleet, or leave scope out',
  },
};

/** The refusal of hosts by name in the feed of one host. */
export const HOST_WITHOUT_FLEET: Refusal = badParameter(
  'host: expected with scope=fleet only, found with scope=local: all events here are about one host',
);

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
