import type { FleetHost } from '../../core/fleet/fleet.ts';
import { type Filter, matchesHost, matchesServer } from '../event-filter.ts';
import type { FleetSnapshot, SnapshotHost } from '../stream-message.ts';

/** The hosts that match a filter. Their servers are listed only if hosts are asked for by name: those of a whole fleet are megabytes. */
export function snapshotOfHosts(hosts: readonly FleetHost[], filter: Filter): FleetSnapshot {
  const wanted = hosts.filter(({ name }) => matchesHost(filter, name));
  return { type: 'snapshot', hosts: wanted.map((host) => snapshotOfHost(host, filter)) };
}

function snapshotOfHost(
  { name, host, state, lastSeen, counts, behind, servers }: FleetHost,
  filter: Filter,
): SnapshotHost {
  const summary = {
    name,
    host,
    state,
    last_seen: new Date(lastSeen).toISOString(),
    servers: { up: 0, gone: 0, ...counts },
    behind,
  };
  if (filter.hosts.length === 0) return summary;
  return { ...summary, server_list: servers?.filter((server) => matchesServer(filter, server.name)) ?? null };
}
