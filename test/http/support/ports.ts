import type { Fleet } from '../../../src/core/fleet/fleet.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { OPEN_POLICY } from '../../../src/http/access/policy.ts';
import type { HttpServer } from '../../../src/http/http-server.ts';
import type { HostPolicy, HttpPorts, ServersPort } from '../../../src/http/ports.ts';
import type { ServerJson } from '../../../src/http/server-json.ts';

/** 2026-01-02 03:04:05 UTC. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What a daemon that only listens on loopback lets pass. */
export const LOOPBACK_ONLY: HostPolicy = { loopbackOnly: true, allowedHosts: [] };

/** Listens on loopback, and gives the port. */
export async function listenOn(server: HttpServer): Promise<number> {
  const [place] = await server.listen([{ host: '127.0.0.1', port: 0 }]);
  return place && 'port' in place ? place.port : 0;
}

/** A server that is up. */
export function serverJson(given: Partial<ServerJson> = {}): ServerJson {
  return {
    name: 'work',
    socket: '/tmp/tmux-1000/work',
    registration: 'discovered',
    state: 'up',
    since: new Date(NOW - 65_000).toISOString(),
    up: true,
    unreachable: null,
    failure: null,
    incarnation: { pid: 42, started_at: new Date(NOW - 65_000).toISOString() },
    version: '3.5a',
    sessions: 2,
    windows: 3,
    panes: 5,
    attached_sessions: 1,
    last_seen: new Date(NOW).toISOString(),
    last_death: null,
    cure: null,
    ...given,
  };
}

/** Servers that cannot be changed. */
export function fixedServers(...servers: readonly ServerJson[]): ServersPort {
  return {
    list: () => servers,
    get: (name) => servers.find((server) => server.name === name) ?? null,
    put: async (name) => ({ kind: 'refused', code: 'name_taken', message: `${name} is taken` }),
    remove: (name) => ({ kind: 'refused', code: 'unknown_server', message: `${name} is not known` }),
  };
}

/** Ports of a daemon that is ready and has nothing to tell; an unexpected error fails the test. */
export function portsWith(given: Partial<HttpPorts> = {}): HttpPorts {
  return {
    version: '1.2.3',
    host: 'box',
    scrape: async () => ({ headers: { 'Content-Type': 'text/plain' }, chunks: [] }),
    feed: (_request, response) => void response.end(),
    ready: () => true,
    fleet: null,
    servers: fixedServers(),
    history: new MemoryLog('e', { host: 'box', bootId: null }),
    reload: null,
    webhooks: { receivers: () => [], deadLetters: () => [], replay: () => 0 },
    receiveAlerts: null,
    onError: (error) => {
      throw error;
    },
    doorkeeper: {
      policy: () => OPEN_POLICY,
      isWithin: () => true,
      userAt: async () => null,
      admit: async () => ({ kind: 'admitted', login: null }),
    },
    couldConnect: () => true,
    paths: { prefix: '', telemetry: '/metrics' },
    now: () => NOW,
    ...given,
  };
}

/** Ports of a hub. */
export function hubPorts(fleet: Fleet, given: Partial<HttpPorts> = {}): HttpPorts {
  return portsWith({ fleet, servers: null, history: null, webhooks: null, ...given });
}
