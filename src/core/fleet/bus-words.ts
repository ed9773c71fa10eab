/** Results of events that are published to the bus. */
export const PUBLISH_RESULTS = ['stored', 'duplicate', 'healed', 'skipped'] as const;
export type PublishResult = (typeof PUBLISH_RESULTS)[number];

/** Why the bus refuses what is published. */
export const REFUSAL_REASONS = ['name_taken', 'too_large', 'full', 'permission', 'version', 'other'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
