import type { SourceStatus } from '../feed/stream-message.ts';

/** A change in the connection of a follower. */
export type FollowStatus =
  | { readonly kind: 'connected' }
  /** The exporter is followed through another address. This address is used if that one fails. */
  | { readonly kind: 'standby' }
  /** Reported once per interruption. */
  | { readonly kind: 'interrupted'; readonly message: string }
  /** Events are missing; null if their number is unknown. */
  | { readonly kind: 'gap'; readonly isFleet: boolean; readonly reason: string; readonly missed: number | null }
  /** The exporter cannot read what it serves, or can again. Reported once each. */
  | { readonly kind: 'source'; readonly source: SourceStatus };
