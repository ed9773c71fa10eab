/** Whose events a feed is about: those of one exporter, or those of its fleet. */
export const FEED_SCOPES = ['local', 'fleet'] as const;
export type FeedScope = (typeof FEED_SCOPES)[number];
