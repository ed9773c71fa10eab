import type { EventType } from '../core/event/event.ts';
import type { GapReason } from './message.ts';

/** Why a client was cut off, or not let in. */
export type DropReason = 'slow' | 'stalled' | 'max_clients' | 'max_clients_per_address';

/** Every reason, for a counter that has to begin at zero. */
export const DROP_REASONS: readonly DropReason[] = ['slow', 'stalled', 'max_clients', 'max_clients_per_address'];

/** What the feed tells its metrics. It never asks them anything. */
export interface FeedObserver {
  /** A stream began. */
  connected(): void;
  /** A stream ended, whoever ended it. */
  disconnected(): void;
  /** A live event of this type went to so many streams. */
  delivered(type: EventType, streams: number): void;
  /** So many past events went to one stream. */
  replayed(events: number): void;
  dropped(reason: DropReason): void;
  gap(reason: GapReason): void;
}
