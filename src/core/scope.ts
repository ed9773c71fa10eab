/** The rights of a token: `read` metrics, feed and API; `write` (change servers, replay notices, reload); send `alerts`. */
export const SCOPES = ['read', 'write', 'alerts'] as const;

export type Scope = (typeof SCOPES)[number];
