import type { FleetHost, FleetSource } from '../../../src/core/fleet/fleet.ts';
import type { ExposedFleet } from '../../../src/metrics/self/hub-metrics.ts';
import { NOW } from './sample.ts';

/** A host of a fleet that has just reported itself. */
export function sampleFleetHost(host: Partial<FleetHost> = {}): FleetHost {
  return {
    name: 'build7',
    host: 'build7.example.org',
    version: '0.1.0',
    state: 'present',
    lastSeen: NOW - 5_000,
    advertise: null,
    servers: [],
    counts: {},
    behind: 0,
    ...host,
  };
}

/** A fleet of these hosts that was read whole. */
export function exposedFleet(hosts: readonly FleetHost[], source: Partial<FleetSource> = {}): ExposedFleet {
  return { hosts: () => hosts, source: { isUp: true, downSince: null, hasRead: true, lagSeconds: 0, ...source } };
}
