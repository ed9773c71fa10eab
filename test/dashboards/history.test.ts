import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isInstalled } from '../support/machine/program.ts';
import { Prometheus } from '../support/world/prometheus.ts';
import { answerOf, chooseAll, complaint } from './support/answers.ts';
import { type CommittedDashboard, committedDashboards, panelsOf, targetsOf } from './support/committed.ts';
import { complaintsOf } from './support/complaints.ts';
import { type AnsweredPanel, askGrafana, hasGrafana } from './support/grafana-judge.ts';
import { historyBlocks, SCRAPE_MS } from './support/history.ts';
import type { Choice, TimeRange } from './support/interpolation.ts';
import { END } from './support/scenario.ts';
import { Source } from './support/source.ts';

const describeWithPrometheus = isInstalled('prometheus') && isInstalled('promtool') ? describe : describe.skip;

const DASHBOARDS = committedDashboards();

const HOUR_MS = 3_600_000;
const LAST_SIX_HOURS: TimeRange = { from: END - 6 * HOUR_MS, to: END };
const LAST_DAY: TimeRange = { from: END - 24 * HOUR_MS, to: END };

describeWithPrometheus('A real Prometheus that holds a day of two exporters', () => {
  let prometheus: Prometheus;
  let source: Source;

  beforeAll(async () => {
    prometheus = await Prometheus.withHistory(historyBlocks());
    source = new Source(prometheus.url);
  }, 600_000);

  afterAll(() => prometheus?.cleanup());

  function complaints(dashboard: CommittedDashboard, range: TimeRange, choice: Choice): Promise<string[]> {
    return complaintsOf(source, dashboard, { range, choice, scrapeMs: SCRAPE_MS });
  }

  it('has no answer to a query whose metrics are misspelt, whichever it is', async () => {
    const context = { range: LAST_SIX_HOURS, choice: {}, scrapeMs: SCRAPE_MS };
    for (const dashboard of DASHBOARDS) {
      for (const target of targetsOf(dashboard)) {
        const expr = target.query.expr.replaceAll(/\b(tmux|process|nodejs)_\w+|\bup\b(?={)|ALERTS/g, '$&s');
        const misspelt = { ...target, query: { ...target.query, expr } };
        expect(complaint(await answerOf(source, dashboard, misspelt, context), misspelt)).toBe('no data');
      }
    }
  }, 120_000);

  it('has no label that a legend misspells', async () => {
    const [dashboard] = DASHBOARDS;
    const [target] = dashboard ? targetsOf(dashboard).filter(({ query }) => query.legendFormat === '{{instance}}') : [];
    if (!dashboard || !target) throw new Error('no legend to misspell');
    const misspelt = { ...target, query: { ...target.query, legendFormat: '{{instanz}}' } };
    const series = await answerOf(source, dashboard, misspelt, { range: LAST_DAY, choice: {}, scrapeMs: SCRAPE_MS });
    expect(complaint(series, misspelt)).toContain('the legend names instanz');
  });

  describe.each(DASHBOARDS)('asked by the dashboard $name', (dashboard) => {
    it('has an answer to every query, with every label that a legend names', async () => {
      expect(await complaints(dashboard, LAST_SIX_HOURS, {})).toEqual([]);
    }, 120_000);

    it('has one for the whole day, too', async () => {
      expect(await complaints(dashboard, LAST_DAY, {})).toEqual([]);
    }, 120_000);

    it('has one if every value of each variable is chosen by its name', async () => {
      const choice = await chooseAll(source, dashboard, LAST_SIX_HOURS, SCRAPE_MS);
      expect(Object.keys(choice)).toEqual(['job', 'instance', 'server', 'session']);
      expect(choice['session']).toContain('a "quoted" one & more');
      expect(await complaints(dashboard, LAST_SIX_HOURS, choice)).toEqual([]);
    }, 120_000);
  });

  async function answered(dashboard: CommittedDashboard): Promise<AnsweredPanel[]> {
    const context = { range: LAST_SIX_HOURS, choice: {}, scrapeMs: SCRAPE_MS };
    const answers = targetsOf(dashboard).map(async (target) => ({
      panel: target.panel,
      series: await answerOf(source, dashboard, target, context),
    }));
    const all = await Promise.all(answers);
    return panelsOf(dashboard).map((panel) => ({
      panel,
      series: all.filter((answer) => answer.panel === panel).map(({ series }) => series),
    }));
  }

  const describeWithGrafana = hasGrafana ? describe : describe.skip;

  describeWithGrafana('whose answers the libraries of Grafana transform (npm ci --prefix dashboards/render)', () => {
    it.each(DASHBOARDS)(
      'give the dashboard $name every column and link that it names, in units that there are',
      async (dashboard) => {
        const findings = await askGrafana(await answered(dashboard));
        expect(findings.filter(({ problems }) => problems.length > 0)).toEqual([]);
      },
      120_000,
    );

    it('show what died, when, why and what was lost', async () => {
      const dashboard = DASHBOARDS.find(({ name }) => name === 'fleet');
      const panels = dashboard ? await answered(dashboard) : [];
      const [log] = await askGrafana(panels.filter(({ panel }) => panel.title?.startsWith('Gone:')));
      expect(log?.columns).toEqual([
        'When',
        'Server',
        'Reason',
        'Cause',
        'Lived',
        'Sessions lost',
        'Panes lost',
        'Instance',
      ]);
      expect(log?.rows.map((row) => row.slice(0, 7)).sort()).toEqual([
        ['2026-03-01 07:35:48', 'deploy', 'lost', 'unknown', '10.6 hours', '1', '6'],
        ['2026-03-01 08:48:18', 'agents', 'crashed', 'unknown', '8.1 hours', '9', '44'],
        ['2026-03-01 10:23:22', 'work', 'crashed', 'unknown', '1.0 days', '3', '14'],
        ['2026-03-01 11:18:42', 'ci', 'exited', 'shut_down', '19.3 hours', '1', '6'],
      ]);
      expect(log?.links[0]).toMatch(
        /^\/d\/tmux-server\?.*&var-instance=build-1%3A8689&var-server=\w+&from=17723\d{8}&to=17723\d{8}$/,
      );
    }, 120_000);

    it('find a column, a sorting, a link and a unit that are misspelt', async () => {
      const dashboard = DASHBOARDS.find(({ name }) => name === 'fleet');
      const panels = dashboard ? await answered(dashboard) : [];
      const log = structuredClone(panels.find(({ panel }) => panel.title?.startsWith('Gone:')));
      if (!log) throw new Error('no log');
      const text = JSON.stringify(log.panel)
        .replace('"options":"Reason"', '"options":"Raeson"')
        .replace('"displayName":"When"', '"displayName":"Wenn"')
        .replace('fields.Instance', 'fields.Instanz')
        .replace('"unit":"none"', '"unit":"nonne"');
      const [finding] = await askGrafana([{ ...log, panel: JSON.parse(text) as typeof log.panel }]);
      const kinds = new Set(finding?.problems.map((problem) => problem.split(':')[0]));
      expect([...kinds]).toEqual(['no column Raeson', 'no column Wenn', 'no unit nonne', 'a link lacks a value']);
    }, 120_000);
  });
});
