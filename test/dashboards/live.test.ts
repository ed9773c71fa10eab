import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { isInstalled } from '../support/program.ts';
import { Prometheus } from '../support/prometheus.ts';
import { TmuxServer } from '../support/tmux-server.ts';
import { watched } from '../support/watched.ts';
import { type CommittedDashboard, committedDashboards } from './support/committed.ts';
import { complaintsOf } from './support/complaints.ts';
import type { QueryContext } from './support/interpolation.ts';
import { Source } from './support/source.ts';

const describeWithPrometheus = isInstalled('prometheus') ? describe : describe.skip;

const DASHBOARDS = committedDashboards();

const RULES = `groups:
  - name: test
    rules: [{alert: TmuxServerGone, expr: tmux_server_gone_timestamp_seconds > 0, labels: {severity: critical}}]
`;

/** The last five minutes, scraped each second. */
function context(): QueryContext {
  const to = Date.now();
  return { range: { from: to - 300_000, to }, choice: {}, scrapeMs: 1000 };
}

describeWithPrometheus('A real Prometheus that scrapes a daemon with everything switched on', () => {
  let folder: string;
  let daemon: Daemon;
  let work: TmuxServer;
  let doomed: TmuxServer;
  let prometheus: Prometheus;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    const file = join(folder, 'config.yml');
    // Nobody listens there: what is to be delivered waits.
    const target = 'url: http://127.0.0.1:9/';
    await writeFile(file, `webhooks: [{name: oncall, ${target}}]\nalertmanagers: [{name: prod, ${target}}]\n`);
    const collectors = ['window', 'pane', 'client', 'pane-process'].map((name) => `--collector.${name}`);
    daemon = await Daemon.start({ flags: [`--config.file=${file}`, ...collectors] });
    work = await TmuxServer.start({ folder: daemon.sockets, name: 'work', sessions: ['main', 'a "quoted" one'] });
    await work.run('set-option', '-g', 'remain-on-exit', 'on');
    await work.run('new-window', '-d', '-t', 'main', 'exit 3');
    await work.run('new-window', '-d', '-t', 'main', 'kill -9 $$');
    await work.attachControl('main');
    doomed = await TmuxServer.start({ folder: daemon.sockets, name: 'doomed' });
    prometheus = await Prometheus.start(daemon.url.replace('http://', ''), { rules: RULES });
    await watched(daemon, doomed);
    const scraped = 'count_over_time(tmux_server_sessions{server="doomed"}[1m])';
    await eventually('it was scraped for a while', async () => Number(await prometheus.value(scraped)) >= 10, 60_000);
    await doomed.crash();
    const told = 'count_over_time(ALERTS{alertstate="firing"}[1m])';
    await eventually('an alert fires', async () => Number(await prometheus.value(told)) >= 6, 60_000);
  }, 240_000);

  afterAll(async () => {
    await prometheus?.cleanup();
    await doomed?.cleanup();
    await work?.cleanup();
    await daemon?.cleanup();
    await removeFolder(folder);
  });

  it.each(DASHBOARDS)(
    'has an answer to every query of $name',
    async (dashboard) => {
      const source = new Source(prometheus.url);
      const expected = dashboard.name === 'fleet' ? ['Hazards of living servers, A: no data'] : [];
      expect(await complaintsOf(source, dashboard, context())).toEqual(expected);
    },
    60_000,
  );
});

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
      expect(found.filter((problem) => !isSilent(dashboard, problem))).toEqual([]);
    },
    60_000,
  );
});

function isSilent({ name }: CommittedDashboard, problem: string): boolean {
  return problem.endsWith(': no data') && (SILENT[name] ?? []).some((title) => problem.startsWith(title));
}
