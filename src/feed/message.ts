import type { Cursor } from '../core/event/event-log.ts';

/** Why a stream cannot go on exactly where its cursor points. */
export type GapReason = Extract<Cursor, { kind: 'unservable' }>['reason'] | 'truncated';

/** Every reason, for a counter that has to begin at zero. */
export const GAP_REASONS: readonly GapReason[] = ['evicted', 'epoch', 'future', 'malformed', 'truncated'];

/** Says, in the stream itself, that events are missing: an `EventSource` that gets an error status gives up for ever. */
export interface Gap {
  readonly type: 'gap';
  readonly reason: GapReason;
  /**
   * How many events are missing; null where that cannot be known (`epoch`, `future`, `malformed`).
   * `truncated` counts those that match the filters, exactly. `evicted` counts all that were evicted,
   * which is exact without filters and an upper bound with them.
   */
  readonly missed: number | null;
}

/** Opens every stream. */
export interface Hello {
  readonly type: 'hello';
  /** The id that the stream goes on from: everything older has been had, or will not come. */
  readonly id: string;
  readonly epoch: string;
  /** Id of the newest event there is. */
  readonly head: string;
  /** Id of the oldest event that is kept. */
  readonly oldest: string;
  readonly heartbeat_ms: number;
  /** Whether the cursor was served in full, so that nothing but the missed events has to be told. */
  readonly resumed: boolean;
  /** How many past events follow before the live ones. */
  readonly replayed: number;
}

/** A server in a snapshot: JSON whose name the filter can ask for. */
export interface SnapshotServer {
  readonly name: string;
}

/** The present servers, for a reader who cannot go on from what it knew. */
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly servers: readonly SnapshotServer[];
}

/** Why a stream is ended by us. */
export type ByeReason = 'shutdown' | 'max_age';

/** Ends a stream in good order: the reader is to come back, after `retry_ms`, with its cursor. */
interface Bye {
  readonly type: 'bye';
  readonly reason: ByeReason;
  readonly retry_ms: number;
}

/** What a stream says besides events. */
export type ControlMessage = Hello | Gap | SnapshotMessage | Bye;
