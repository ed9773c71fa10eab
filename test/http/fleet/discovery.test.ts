import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { targetGroups } from '../../../src/http/fleet/discovery.ts';
import { createRoutes } from '../../../src/http/routes.ts';
import { fleetHost } from '../../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { hubPorts, LOOPBACK_ONLY } from '../support/ports.ts';

const LAST_SEEN = String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000);

describe('GET /sd', () => {
  it('gives the hosts that advertise a URL, as Prometheus reads them', async () => {
    const fleet = new MemoryFleet();
    fleet.setHosts(fleetHost('a'), fleetHost('b', { advertise: null }), fleetHost('c', { state: 'left' }));
    const response = await request(createRoutes(hubPorts(fleet), LOOPBACK_ONLY)).get('/sd');
    expect(response.headers['content-type']).toMatch(/^application\/json\b/);
    expect(response.body).toEqual([
      {
        targets: ['a:8689'],
        labels: {
          __meta_tmux_name: 'a',
          __meta_tmux_host: 'a.example',
          __meta_tmux_version: '0.1.0',
          __meta_tmux_state: 'present',
          __meta_tmux_last_seen: LAST_SEEN,
          __scheme__: 'http',
        },
      },
    ]);
  });

  it('fails until the bus was read, so that no target is dropped', async () => {
    const fleet = new MemoryFleet();
    fleet.source = { ...fleet.source, hasRead: false, isWhole: false };
    const { status, body } = await request(createRoutes(hubPorts(fleet), LOOPBACK_ONLY)).get('/sd');
    expect([status, body.error.code]).toEqual([503, 'not_ready']);
  });
});

describe('A target', () => {
  it.each([
    ['http://a', 'a:80', 'http', undefined],
    ['https://a/', 'a:443', 'https', undefined],
    ['https://gate.example:9443/tmux/', 'gate.example:9443', 'https', '/tmux/metrics'],
    ['http://a:8689/x/metrics', 'a:8689', 'http', '/x/metrics'],
    ['http://[2001:db8::1]:8689', '[2001:db8::1]:8689', 'http', undefined],
  ])('of %s is %s', (advertise, target, scheme, path) => {
    const [group] = targetGroups([fleetHost('a', { advertise })]);
    expect(group?.targets).toEqual([target]);
    expect([group?.labels['__scheme__'], group?.labels['__metrics_path__']]).toEqual([scheme, path]);
  });

  it.each(['javascript:alert(1)', 'build7', 'unix:/run/x.sock'])('is not made of %s', (advertise) => {
    expect(targetGroups([fleetHost('a', { advertise })])).toEqual([]);
  });
});
