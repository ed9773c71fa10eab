import type { ServerState } from '../model/server.ts';
import type { FleetLog } from './fleet-log.ts';

/** States of the hosts of a fleet: it reports itself, it has not done so for too long, or it said goodbye. */
export const HOST_STATES = ['present', 'silent', 'left'] as const;
export type HostState = (typeof HOST_STATES)[number];

/** Why a message of the bus is not taken: it is no event or no report, its id is missing or another's, it was replayed from another stream, its `host` is not that of its exporter, or it is too large. */
export const REJECTION_REASONS = ['body', 'id', 'replayed', 'host', 'size'] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** Why the log is read through a new consumer: nobody leads the stream or answers, no message comes although there are new ones, or the log is another. */
export const REOPEN_REASONS = ['unhealthy', 'stuck', 'rewound', 'closed'] as const;
export type ReopenReason = (typeof REOPEN_REASONS)[number];

/** A server, as its exporter reports it to the fleet. The keys are those of the JSON. */
export interface FleetServer {
  readonly name: string;
  readonly state: ServerState;
  readonly pid: number | null;
  /** RFC 3339. */
  readonly started_at: string | null;
  /** RFC 3339. */
  readonly since: string;
  readonly sessions: number | null;
  readonly windows: number | null;
  readonly panes: number | null;
}

/** An exporter of the fleet, as it last reported itself. */
export interface FleetHost {
  /** What it is called in the fleet. */
  readonly name: string;
  /** The name of its machine. */
  readonly host: string;
  readonly version: string;
  readonly state: HostState;
  /** When the bus took its last report: Unix milliseconds by the clock of the bus, never by that of the host. */
  readonly lastSeen: number;
  /** The URL at which Prometheus reaches it; null if it is not to be listed. */
  readonly advertise: string | null;
  /** Null if they did not fit into its report. */
  readonly servers: readonly FleetServer[] | null;
  /** Servers by state. States without a server may be left out. */
  readonly counts: Readonly<Partial<Record<ServerState, number>>>;
  /** How many of its events are not in the log of the fleet yet, as far as known. */
  readonly behind: number;
}

/** The connection to the bus that the fleet is read from. */
export interface FleetSource {
  /** Whether the log and the reports come in at present. */
  readonly isUp: boolean;
  /** Since when it is cut, in milliseconds of the monotonic clock; null while it is up. */
  readonly downSince: number | null;
  /** Whether all that the bus held at the start was read once. */
  readonly hasRead: boolean;
  /** Whether all was read that the present log held when it began to be read. A log that went back is read again. */
  readonly isWhole: boolean;
  /** How much older than the newest message on the bus the newest that was read is, in seconds; 0 if all was read. */
  readonly lagSeconds: number;
}

/** The result of forgetting a host. */
export type Forgetting =
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly problem: string };

/** A fleet, as it is read from the bus. */
export interface Fleet {
  readonly log: FleetLog;
  readonly source: FleetSource;
  /** The present time by the clock of the bus, in Unix milliseconds. It goes on while the source is cut. */
  readonly busTime: number;
  /** In the order of their names. It is the same list for as long as nothing changes. */
  hosts(): readonly FleetHost[];
  host(name: string): FleetHost | null;
  /** Forgets a host, and removes its report from the bus. */
  forget(name: string): Promise<Forgetting>;
}
