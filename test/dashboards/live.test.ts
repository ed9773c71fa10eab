import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { Prometheus } from '../support/world/prometheus.ts';
import { committedDashboards } from './support/committed.ts';
import { complaintsOf } from './support/complaints.ts';
import type { QueryContext } from './support/interpolation.ts';
import { Source } from './support/source.ts';
import { isSilent, WITHOUT_FLEET } from './support/without-fleet.ts';

const describeWithPrometheus = isInstalled('prometheus') ? describe : describe.skip;

const DASHBOARDS = committedDashboards();

/** The last five minutes, scraped each second. */
function context(): QueryContext {
  const to = Date.now();
  return { range: { from: to - 300_000, to }, choice: {}, scrapeMs: 1000 };
}

/** What has nothing to show on the first day, and says so in words. */
const SILENT: Readonly<Record<string, readonly string[]>> = {
  fleet: [
    'Gone: when, why, and what it cost',
    'Firing alerts',
    'Losses by server and reason',
    'Hazards of living servers',
    'mark Server gone',
    'mark Firing alerts',
  ],
  server: ['Windows', 'Panes', 'CPU by pane', 'Memory by pane', 'Clients', 'mark Server gone', 'mark Firing alerts'],
  exporter: ['Detection, p99', 'mark Server gone', 'mark Firing alerts'],
};

describeWithPrometheus('A real Prometheus on the first day', () => {
  let daemon: Daemon;
  let server: TmuxServer;
  let prometheus: Prometheus;

  beforeAll(async () => {
    daemon = await Daemon.start();
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await server.attachControl('main');
    prometheus = await Prometheus.start(daemon.url.replace('http://', ''));
    const scraped = 'count_over_time(tmux_session_processes[1m])';
    await eventually('it was scraped for a while', async () => Number(await prometheus.value(scraped)) >= 6, 60_000);
  }, 120_000);

  afterAll(async () => {
    await prometheus?.cleanup();
    await server?.cleanup();
    await daemon?.cleanup();
  });

  it.each(DASHBOARDS)(
    'has something for every panel of $name that has no words for nothing',
    async (dashboard) => {
      const found = await complaintsOf(new Source(prometheus.url), dashboard, context());
      expect(
        found.filter(
          (problem) => !isSilent(SILENT, dashboard.name, problem) && !isSilent(WITHOUT_FLEET, dashboard.name, problem),
        ),
      ).toEqual([]);
    },
    60_000,
  );
});
