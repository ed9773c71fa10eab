/** What a token lets its bearer do: read metrics, feed and API; change servers, deliver again and reload; hand alerts in. */
export const SCOPES = ['read', 'write', 'alerts'] as const;

export type Scope = (typeof SCOPES)[number];
