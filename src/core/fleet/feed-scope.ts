/** Whose events a feed is about: those of one exporter, or those of its fleet. */
export const FEED_SCOPES = ['local', 'fleet'] as const;
export type FeedScope = (typeof FEED_SCOPES)[number];

/** Why a request for a scope is refused that there is not: its code, and a text for people. */
export const NO_SCOPE = {
  local: {
    code: 'no_local',
    message: 'scope: this is a hub, which has no servers of its own: leave scope out, or ask for scope=fleet',
  },
  fleet: {
    code: 'no_fleet',
    message: 'scope: this exporter is no hub: ask a hub for scope=fleet, or leave scope out',
  },
} as const satisfies Readonly<Record<FeedScope, { readonly code: string; readonly message: string }>>;

/** Why hosts by name are refused if the events are those of one host. */
export const HOST_WITHOUT_FLEET =
  'host: expected with scope=fleet only, found with scope=local: all events here are about one host';
