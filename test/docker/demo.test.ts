import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readOptions } from '../../docker/demo/options.ts';
import { committedDashboards } from '../dashboards/support/committed.ts';
import { complaintsOf } from '../dashboards/support/complaints.ts';
import { Source } from '../dashboards/support/source.ts';
import { isSilent, WITHOUT_FLEET } from '../dashboards/support/without-fleet.ts';
import { eventually } from '../support/machine/eventually.ts';
import { leftoversOf } from '../support/machine/leftovers.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { Demo } from './support/demo.ts';

describe('The demo', () => {
  let folder = '';
  const demos: Demo[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const demo of demos.splice(0)) await demo.end('SIGTERM');
    await removeFolder(folder);
  });

  async function start(...args: readonly string[]): Promise<Demo> {
    const demo = await Demo.start(folder, ...args);
    demos.push(demo);
    return demo;
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await leftoversOf(folder)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  }

  it('shows servers that live and die, has all that the dashboards ask for, and leaves nothing behind after Ctrl-C', async () => {
    const demo = await start();
    const metrics = async () => (await fetch(`${demo.url('/metrics')}/metrics`)).text();
    await eventually('one of them died', async () => /^tmux_server_gone_total.* [1-9]/m.test(await metrics()), 30_000);
    await eventually('the feed tells of it', () => /tmux server \S+ (crashed|ended)/.test(demo.output), 30_000);
    expect(await metrics()).toMatch(/^tmux_server_up\{server="notes"\} 1$/m);
    if (isInstalled('prometheus')) await expectAnswers(demo.url('/graph'));
    expect(await demo.end('SIGINT')).toBe(0);
    await expectNothingLeft();
  }, 300_000);

  it('cleans up after one that was killed, and when its terminal is closed', async () => {
    const killed = await start('--servers=1');
    await killed.end('SIGKILL');
    const demo = await start('--servers=1');
    expect(await readdir(folder)).toHaveLength(1);
    demo.closeOutput();
    expect(await demo.end('SIGHUP')).toBe(0);
    await expectNothingLeft();
  }, 150_000);
});

/** Prometheus has an answer to every query of every dashboard, and every label that they name, once all has happened that they ask for. */
async function expectAnswers(prometheus: string): Promise<void> {
  const source = new Source(prometheus);
  const seen = (what: string, query: string) =>
    eventually(what, async () => (await source.instant(query, Date.now())).length > 0, 120_000);
  await seen('a crash', 'tmux_server_gone_total{reason="crashed"} > 0');
  await seen('a page', 'tmux_exporter_webhook_deliveries_total > 0');
  await seen('an alert', 'count_over_time(ALERTS{alertstate="firing"}[1m]) >= 6');
  await seen('a job that failed', 'tmux_pane_exit_status > 0');
  await seen('a job that was killed', 'tmux_pane_exit_signal > 0');
  // Whoever dies just then has nothing to tell for some seconds.
  let found: string[] = [];
  const hasAnswers = async () => {
    found = await complaintsNow(source);
    return found.length === 0;
  };
  await eventually('an answer to every query', hasAnswers, 60_000).catch(() => {});
  expect(found).toEqual([]);
}

async function complaintsNow(source: Source): Promise<string[]> {
  const to = Date.now();
  const context = { range: { from: to - 300_000, to }, choice: {}, scrapeMs: 2_000 };
  const found: string[] = [];
  for (const dashboard of committedDashboards()) {
    const problems = await complaintsOf(source, dashboard, context);
    found.push(...problems.filter((problem) => !isSilent(WITHOUT_FLEET, dashboard.name, problem)));
  }
  // Whether the servers are in danger depends on the machine.
  return found.filter((problem) => problem !== 'Hazards of living servers, A: no data');
}

describe('The options of the demo', () => {
  it('have defaults that need nothing', () => {
    expect(readOptions([])).toEqual({ servers: 6, seconds: null, port: null });
  });

  it('are read', () => {
    expect(readOptions(['--servers', '2', '--seconds=30', '--port', '9000'])).toEqual({
      servers: 2,
      seconds: 30,
      port: 9000,
    });
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    [['--servers', '0'], '--servers: expected a whole number from 1 to 50, found "0"'],
    [['--seconds', '1m'], '--seconds: expected a whole number from 1 to 86400, found "1m"'],
    [['--port', '70000'], '--port: expected a whole number from 1 to 65535, found "70000"'],
  ])('refuse %j', (argv, message) => {
    expect(() => readOptions(argv)).toThrow(message);
  });
});
