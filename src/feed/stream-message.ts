import type { Cursor } from '../core/event/event-log.ts';

/** Why a stream cannot continue exactly at its cursor. */
export type GapReason = Extract<Cursor, { kind: 'unservable' }>['reason'] | 'truncated';

/** Every reason, for a counter that must start at zero. */
export const GAP_REASONS: readonly GapReason[] = ['evicted', 'epoch', 'future', 'malformed', 'truncated'];

/** Says that events are missing. It is part of the stream, because an `EventSource` that gets an error status never reconnects. */
export interface Gap {
  readonly type: 'gap';
  readonly reason: GapReason;
  /**
   * How many events are missing; null if unknown (`epoch`, `future`, `malformed`).
   * `truncated` counts exactly the events that match the filters. `evicted` counts all that were evicted,
   * which is exact without filters and an upper bound with them.
   */
  readonly missed: number | null;
}

/** The first message of every stream. */
export interface Hello {
  readonly type: 'hello';
  /** The id after which the stream continues: the reader has everything older, or will not get it. */
  readonly id: string;
  readonly epoch: string;
  /** The name of the machine that the events are about. */
  readonly host: string;
  /** Id of the newest event there is. */
  readonly head: string;
  /** Id of the oldest event in the history. */
  readonly oldest: string;
  readonly heartbeat_ms: number;
  /** Whether the stream continues exactly at the cursor, so that no snapshot is needed. */
  readonly resumed: boolean;
  /** The number of past events that precede the live ones. */
  readonly replayed: number;
}

/** A server in a snapshot, as JSON with a name to filter by. */
export interface SnapshotServer {
  readonly name: string;
}

/** The current servers, for a reader that cannot continue from its cursor. */
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly servers: readonly SnapshotServer[];
}

/** Why the exporter ends a stream. */
export type ByeReason = 'shutdown' | 'max_age';

/** The last message of a stream: the reader should reconnect with its cursor, after `retry_ms`. */
interface Bye {
  readonly type: 'bye';
  readonly reason: ByeReason;
  readonly retry_ms: number;
}

/** A message of the stream that is no event. */
export type ControlMessage = Hello | Gap | SnapshotMessage | Bye;
