import { Histogram, type Registry } from 'prom-client';
import { GONE_REASONS, type GoneReason } from '../../core/model/server.ts';
import { registerCounter, registerGauge } from './instrument.ts';

/** Counts the deaths of servers. */
export interface FleetMetrics {
  /** A server died and was reaped. */
  reaped(reason: GoneReason, detectionMs: number): void;
}

/** Registers the metrics about all servers together. */
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
  const detection = new Histogram({
    name: 'tmux_exporter_detection_seconds',
    help: 'Time from the death of a server, or from when it was last seen alive if it had no watch, to its event.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [registry],
  });
  return {
    reaped: (reason, detectionMs) => {
      reaped.add(reason);
      detection.observe(detectionMs / 1000);
    },
  };
}
