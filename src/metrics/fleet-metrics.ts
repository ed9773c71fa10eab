import type { Registry } from 'prom-client';
import { GONE_REASONS, type GoneReason } from '../core/server.ts';
import { registerCounter, registerGauge } from './instrument.ts';

/** Counts the coming and going of servers. */
export interface FleetMetrics {
  /** A server died, and all that was known of its life was deleted. */
  reaped(reason: GoneReason): void;
}

/** Registers the metrics of the fleet as a whole. */
export function registerFleetMetrics(registry: Registry, registeredServers: () => number): FleetMetrics {
  const registered = registerGauge(registry, 'tmux_exporter_registered_servers', 'Servers that are registered.', () =>
    registered.set(registeredServers()),
  );
  const reaped = registerCounter(registry, {
    name: 'tmux_exporter_servers_reaped_total',
    help: 'Deaths of servers.',
    label: 'reason',
    values: GONE_REASONS,
  });
  return { reaped: (reason) => reaped.add(reason) };
}
