import type { EventType } from '../core/event/event.ts';
import type { GapReason } from './stream-message.ts';

/** Why a client was disconnected or refused. */
export type DropReason = 'slow' | 'stalled' | 'max_clients' | 'max_clients_per_address';

/** Every reason, for a counter that must start at zero. */
export const DROP_REASONS: readonly DropReason[] = ['slow', 'stalled', 'max_clients', 'max_clients_per_address'];

/** Receives what happens in the feed, for metrics. It never influences the feed. */
export interface FeedObserver {
  /** A stream was opened. */
  connected(): void;
  /** A stream was closed, by either side. */
  disconnected(): void;
  /** A live event of this type was sent to this many streams. */
  delivered(type: EventType, streams: number): void;
  /** This many past events were sent to one stream. */
  replayed(events: number): void;
  dropped(reason: DropReason): void;
  gap(reason: GapReason): void;
}
