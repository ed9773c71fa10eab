import type { Cursor } from '../core/event/event-log.ts';
import type { FleetHost, FleetServer } from '../core/fleet/fleet.ts';
import type { ServerState } from '../core/model/server.ts';

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
   * which is exact without filters and an upper bound with them. In the feed of a fleet both are upper bounds.
   */
  readonly missed: number | null;
}

/** Makes a gap. */
export function gapOf(reason: GapReason, missed: number | null): Gap {
  return { type: 'gap', reason, missed };
}

/** The fields of a hello that say what the stream is about. */
export interface HelloSource {
  /** The name of the machine that the events are about; in the feed of a fleet, that of the hub. */
  readonly host: string;
  /** Id of the newest event there is. */
  readonly head: string;
  /** Id of the oldest event in the history; of a fleet, in the memory of the hub. */
  readonly oldest: string;
  /** Only in the feed of a fleet. */
  readonly scope?: 'fleet';
  /** How many hosts the fleet has. Only in the feed of a fleet. */
  readonly hosts?: number;
}

/** The first message of every stream. */
export interface Hello extends HelloSource {
  readonly type: 'hello';
  /** The id after which the stream continues: the reader has everything older, or will not get it. */
  readonly id: string;
  readonly epoch: string;
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

/** A host of a fleet in a snapshot. The keys are those of the JSON. */
export interface SnapshotHost extends Pick<FleetHost, 'name' | 'host' | 'state' | 'behind'> {
  /** RFC 3339. */
  readonly last_seen: string;
  /** How many servers it has in each state. */
  readonly servers: Readonly<Partial<Record<ServerState, number>>>;
  /** Only if the reader asks for hosts by name; null if the host has too many servers to report them. */
  readonly server_list?: readonly FleetServer[] | null;
}

/** The current hosts of a fleet. */
export interface FleetSnapshot {
  readonly type: 'snapshot';
  readonly hosts: readonly SnapshotHost[];
}

/** The current servers or hosts, for a reader that cannot continue from its cursor. */
export type SnapshotMessage =
  | { readonly type: 'snapshot'; readonly servers: readonly SnapshotServer[] }
  | FleetSnapshot;

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
