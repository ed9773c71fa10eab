import type { TmuxEvent } from '../../../src/core/event/event.ts';
import type { FleetHost, FleetServer } from '../../../src/core/fleet/fleet.ts';

/** 2026-01-02 03:04:05 UTC. */
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A host that is present, with one server that is up. */
export function fleetHost(name: string, given: Partial<FleetHost> = {}): FleetHost {
  return {
    name,
    host: `${name}.example`,
    version: '0.1.0',
    state: 'present',
    lastSeen: NOW,
    advertise: `http://${name}:8689`,
    servers: [fleetServer()],
    counts: { up: 1 },
    behind: 0,
    ...given,
  };
}

/** A server that is up. */
export function fleetServer(given: Partial<FleetServer> = {}): FleetServer {
  const since = new Date(NOW - 65_000).toISOString();
  return {
    name: 'work',
    state: 'up',
    pid: 42,
    started_at: since,
    since,
    sessions: 2,
    windows: 3,
    panes: 5,
    ...given,
  };
}

/** A session was created on a server of the host `host`: its event number `seq`. */
export function hostEvent(host: string, seq: number, given: Partial<TmuxEvent> = {}): TmuxEvent {
  const event = {
    v: 1,
    id: `e-${seq}`,
    type: 'session-created',
    time: new Date(NOW + seq * 1_000).toISOString(),
    severity: 'info',
    host,
    boot_id: null,
    server: {
      name: 'work',
      socket: '/tmp/tmux-1000/work',
      uid: 1000,
      pid: 42,
      started_at: null,
      version: '3.5a',
      registration: 'discovered',
    },
    incident: null,
    title: 'session created on work',
    body: 'It has 1 session.',
    session: { id: '$1', name: 'main' },
  };
  return { ...event, ...given } as TmuxEvent;
}
