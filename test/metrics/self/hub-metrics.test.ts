import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { FleetHost, FleetSource } from '../../../src/core/fleet/fleet.ts';
import type { ExposedFleet } from '../../../src/metrics/self/hub-metrics.ts';
import { createHubSelfMetrics, type HubSelfMetrics } from '../../../src/metrics/self/self-metrics.ts';
import { fleetHost } from '../../support/fleet/fleet-sample.ts';
import { hasPromtool, promtoolComplaints } from '../../support/judges/exposition-judges.ts';
import { expositionOf, type FormatName, scrapeBody } from '../../support/judges/expositions.ts';
import { goldenText } from '../../support/judges/golden.ts';
import { viewOf } from '../../support/sample/fleet.ts';
import { NOW } from '../../support/sample/sample.ts';

const HOSTS = [
  fleetHost('build7', { lastSeen: NOW - 5_000 }),
  fleetHost('build8-anna', { state: 'silent', lastSeen: NOW - 400_000, behind: 3 }),
  fleetHost('build9', { state: 'left', lastSeen: NOW - 3_600_000 }),
];

function exposedFleet(hosts: readonly FleetHost[], source: Partial<FleetSource> = {}): ExposedFleet {
  return {
    hosts: () => hosts,
    source: { isUp: true, downSince: null, hasRead: true, isWhole: true, lagSeconds: 0, ...source },
  };
}

describe('The metrics of a hub', () => {
  let self: HubSelfMetrics;

  beforeEach(() => {
    self = createHubSelfMetrics({
      build: { version: '1.2.3', nodeVersion: 'v24.0.0' },
      droppedLogLines: () => 0,
      feedReasons: { drops: ['slow'], gaps: ['evicted'] },
    });
  });

  // `UPDATE_GOLDEN=1 npm test -- test/metrics/self/hub` writes the golden files anew.
  it.each<[FormatName, string]>([
    ['text', 'hub.txt'],
    ['openmetrics', 'hub.openmetrics.txt'],
  ])('are, byte for byte, the golden ones in %s', async (format, file) => {
    self.config.loaded(NOW);
    self.hub.follow(() => exposedFleet(HOSTS, { lagSeconds: 1.5 }));
    self.hub.read('server-gone');
    self.hub.rejected('id');
    self.hub.duplicate();
    self.hub.reopened('stuck');
    const body = await exposed(format);
    expect(body).toBe(goldenText(join(import.meta.dirname, '../golden', file), body));
  });

  (hasPromtool ? it : it.skip)('pass promtool check metrics', async () => {
    self.hub.follow(() => exposedFleet(HOSTS));
    expect(promtoolComplaints(Buffer.from(await exposed('text')))).toBe('');
  });

  it('start all counters at zero', async () => {
    self.hub.follow(() => null);
    const counters = await samples(/^tmux_fleet_.*_total/);
    expect(counters.map((line) => line.split(' ')[1])).toEqual(Array(counters.length).fill('0'));
    expect(counters).toContain('tmux_fleet_duplicates_total 0');
    expect(counters.length).toBeGreaterThan(20);
  });

  it('show no host and no lag before the bus was read once', async () => {
    self.hub.follow(() => exposedFleet(HOSTS, { hasRead: false, isUp: false }));
    expect(await samples(/^tmux_fleet_(host|source)/)).toEqual(['tmux_fleet_source_up 0']);
  });

  it('show a host in its present state only', async () => {
    let state: 'present' | 'left' = 'present';
    self.hub.follow(() => exposedFleet([fleetHost('build7', { state, lastSeen: NOW - 5_000 })]));
    await samples(/./);
    state = 'left';
    expect(await samples(/last_seen/)).toEqual([
      `tmux_fleet_host_last_seen_timestamp_seconds{host="build7",state="left"} ${(NOW - 5_000) / 1_000}`,
    ]);
  });

  it('show nothing of tmux', async () => {
    self.hub.follow(() => exposedFleet(HOSTS));
    expect(await samples(/^tmux_(?!fleet|exporter_(build|config|web|feed|log|series))/)).toEqual([]);
  });

  async function exposed(format: FormatName): Promise<string> {
    const steady = { ...self, processRegistry: new Registry() };
    return (
      await scrapeBody(
        expositionOf(() => viewOf([]), steady),
        format,
      )
    ).toString();
  }

  async function samples(pattern: RegExp): Promise<string[]> {
    return (await exposed('text'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && pattern.test(line));
  }
});
