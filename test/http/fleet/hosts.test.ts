import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { FleetHost } from '../../../src/core/fleet/fleet.ts';
import { createRoutes } from '../../../src/http/routes.ts';
import { fleetHost, fleetServer } from '../../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { hubPorts, LOOPBACK_ONLY, portsWith } from '../support/ports.ts';

function hub(fleet: MemoryFleet) {
  return request(createRoutes(hubPorts(fleet), LOOPBACK_ONLY));
}

function fleetOf(...hosts: readonly FleetHost[]): MemoryFleet {
  const fleet = new MemoryFleet();
  fleet.setHosts(...hosts);
  return fleet;
}

const A = {
  name: 'a',
  host: 'a.example',
  version: '0.1.0',
  state: 'silent',
  last_seen: '2026-01-02T03:04:05.000Z',
  advertise: 'http://a:8689',
  counts: { up: 1 },
  behind: 4,
};

describe('GET /api/v1/hosts', () => {
  it('lists the hosts by name', async () => {
    const fleet = fleetOf(fleetHost('b'), fleetHost('a', { state: 'silent', behind: 4 }));
    const { body } = await hub(fleet).get('/api/v1/hosts');
    expect(body.hosts.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
    expect(body.hosts[0]).toEqual(A);
  });

  it('gives one of them with its servers', async () => {
    const fleet = fleetOf(fleetHost('a', { state: 'silent', behind: 4 }));
    const { body } = await hub(fleet).get('/api/v1/hosts/a');
    expect(body).toEqual({ ...A, servers: [fleetServer()] });
  });

  it('says which host is not known', async () => {
    const { status, body } = await hub(fleetOf()).get('/api/v1/hosts/b');
    const error = { code: 'unknown_host', message: 'no host of the fleet is called "b"' };
    expect([status, body]).toEqual([404, { error }]);
  });
});

describe('DELETE /api/v1/hosts/{name}', () => {
  it('forgets a host', async () => {
    const fleet = fleetOf(fleetHost('a'));
    expect((await hub(fleet).delete('/api/v1/hosts/a')).status).toBe(204);
    expect(fleet.hosts()).toEqual([]);
    expect((await hub(fleet).delete('/api/v1/hosts/a')).status).toBe(404);
  });

  it('says why the bus refuses', async () => {
    const fleet = fleetOf(fleetHost('a'));
    fleet.forgetting = { kind: 'failed', problem: 'the bus permits no purge' };
    const { status, body } = await hub(fleet).delete('/api/v1/hosts/a');
    expect([status, body]).toEqual([502, { error: { code: 'bus_failed', message: 'the bus permits no purge' } }]);
  });

  it('needs the right to write', async () => {
    const scopes: string[] = [];
    const doorkeeper = {
      ...portsWith().doorkeeper,
      admit: async (_login: unknown, scope: string) => {
        scopes.push(scope);
        return { kind: 'forbidden' as const };
      },
    };
    const app = createRoutes(hubPorts(fleetOf(fleetHost('a')), { doorkeeper }), LOOPBACK_ONLY);
    expect((await request(app).delete('/api/v1/hosts/a')).status).toBe(403);
    expect(scopes).toEqual(['write']);
  });
});

describe('The hosts of a fleet that was never read', () => {
  it.each([
    ['get', '/api/v1/hosts'],
    ['get', '/api/v1/hosts/a'],
    ['delete', '/api/v1/hosts/a'],
    ['get', '/sd'],
  ] as const)('are not known, in place of none: %s %s', async (method, path) => {
    const fleet = fleetOf();
    fleet.source = { ...fleet.source, isUp: false, hasRead: false, isWhole: false };
    const { status, body } = await hub(fleet)[method](path);
    const error = { code: 'not_ready', message: 'the bus was not read yet, so the hosts are not known' };
    expect([status, body]).toEqual([503, { error }]);
  });

  it('are given while the bus is away, once it was read', async () => {
    const fleet = fleetOf(fleetHost('a'));
    fleet.cut();
    expect((await hub(fleet).get('/api/v1/hosts')).body.hosts).toHaveLength(1);
  });
});

describe('What a hub does not have', () => {
  it.each([
    ['/api/v1/servers', 'a hub has no servers of its own: /api/v1/hosts lists the hosts'],
    ['/api/v1/servers/work', 'a hub has no servers of its own: /api/v1/hosts lists the hosts'],
    ['/api/v1/webhooks/dead', 'a hub sends no web hooks: the exporters of its hosts do'],
    ['/api/v1/alerts', 'a hub takes no alerts: send them to an exporter'],
  ])('is not found: %s', async (path, message) => {
    const { status, body } = await hub(fleetOf()).get(path);
    expect([status, body]).toEqual([404, { error: { code: 'not_found', message } }]);
  });

  it.each(['/api/v1/hosts', '/api/v1/hosts/a', '/sd'])(
    'an exporter that is no hub does not have, either: %s',
    async (path) => {
      const { status, body } = await request(createRoutes(portsWith(), LOOPBACK_ONLY)).get(path);
      const message = 'this exporter is no hub, and knows no other hosts: ask a hub';
      expect([status, body]).toEqual([404, { error: { code: 'not_found', message } }]);
    },
  );
});

describe('/-/ready of a hub', () => {
  it('says what it waits for', async () => {
    const app = createRoutes(hubPorts(fleetOf(), { ready: () => false }), LOOPBACK_ONLY);
    const { status, body } = await request(app).get('/-/ready');
    expect(status).toBe(503);
    expect(body.error.message).toBe('the bus was not read yet, or the exporter is shutting down');
  });
});
