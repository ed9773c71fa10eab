import type { FleetHost, FleetServer, HostState } from '../../core/fleet/fleet.ts';
import type { ServerState } from '../../core/model/server.ts';
import { timeText } from '../../core/text.ts';

/** A host of the fleet, as the API gives it. */
export interface HostJson {
  readonly name: string;
  /** The name of its machine. */
  readonly host: string;
  readonly version: string;
  readonly state: HostState;
  /** RFC 3339. */
  readonly last_seen: string;
  readonly advertise: string | null;
  /** Servers by state. */
  readonly counts: Readonly<Partial<Record<ServerState, number>>>;
  readonly behind: number;
}

/** A host with its servers; null if it has too many to report them. */
export interface HostWithServersJson extends HostJson {
  readonly servers: readonly FleetServer[] | null;
}

/** Makes the JSON of a host. */
export function hostJson({ name, host, version, state, lastSeen, advertise, counts, behind }: FleetHost): HostJson {
  const last_seen = timeText(lastSeen);
  return { name, host, version, state, last_seen, advertise, counts, behind };
}
