import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isInstalled } from '../support/machine/program.ts';
import { Prometheus } from '../support/world/prometheus.ts';
import { RULES_FOLDER } from './support/alert-rules.ts';
import { answerOf, chooseAll, complaint } from './support/answers.ts';
import {
  type CommittedDashboard,
  committedDashboards,
  expressionOfVariable,
  panelsOf,
  type Target,
  targetsOf,
} from './support/committed.ts';
import { complaintsOf } from './support/complaints.ts';
import { type AnsweredPanel, askGrafana, hasGrafana } from './support/grafana-judge.ts';
import { historyBlocks, SCRAPE_MS } from './support/history.ts';
import { type Choice, interpolate, type TimeRange } from './support/interpolation.ts';
import { END, minutesBeforeEnd } from './support/scenario.ts';
import { type Series, Source } from './support/source.ts';

const describeWithPrometheus = isInstalled('prometheus') && isInstalled('promtool') ? describe : describe.skip;

const DASHBOARDS = committedDashboards();

/** What the recording rules make of the last hours. */
const RECORDED = {
  rules: join(RULES_FOLDER, 'tmux.rules.yml'),
  from: minutesBeforeEnd(7 * 60),
  to: END,
  everyMs: SCRAPE_MS,
};

function named(wanted: string): CommittedDashboard {
  const found = DASHBOARDS.find(({ name }) => name === wanted);
  if (!found) throw new Error(`no dashboard ${wanted}`);
  return found;
}

function valuesOf(series: readonly Series[] | undefined): number[] {
  return (series ?? []).flatMap(({ points }) => points.map(([, value]) => value));
}

const HOUR_MS = 3_600_000;
const LAST_SIX_HOURS: TimeRange = { from: END - 6 * HOUR_MS, to: END };
const LAST_DAY: TimeRange = { from: END - 24 * HOUR_MS, to: END };

describeWithPrometheus('A real Prometheus that holds a day of three exporters and two hubs', () => {
  let prometheus: Prometheus;
  let source: Source;

  beforeAll(async () => {
    prometheus = await Prometheus.withHistory(historyBlocks(), RECORDED);
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
      expect(Object.keys(choice)).toEqual(['cluster', 'job', 'instance', 'server', 'session']);
      expect(choice['session']).toContain('a "quoted" one & more');
      expect(await complaints(dashboard, LAST_SIX_HOURS, choice)).toEqual([]);
    }, 120_000);
  });

  describe('if 100 exporters or more are chosen', () => {
    const many = { recorded: ['100'] };

    /** Panels with a row or a bar for each server or session: there would be too many. */
    const ROWS = [
      'State of every server, A',
      'Gone: when, why, and what it cost, B',
      'Gone: when, why, and what it cost, C',
      'Gone: when, why, and what it cost, D',
      'Every session, A',
      'Every session, B',
      'Every session, C',
      'Every session, D',
      'Every session, E',
    ];

    it('answers the fleet dashboard by what the recording rules made, but for single servers and sessions', async () => {
      expect(await complaints(named('fleet'), LAST_SIX_HOURS, many)).toEqual(ROWS.map((place) => `${place}: no data`));
    }, 120_000);

    it('gives the same numbers as without them', async () => {
      const panels = ['Servers up', 'Not answering', 'Sessions', 'Windows', 'Panes', 'Clients'];
      const targets = targetsOf(named('fleet')).filter(({ panel }) => panels.includes(panel?.title ?? ''));
      expect(targets).toHaveLength(7);
      for (const target of targets) {
        const [few, more] = await Promise.all([{}, many].map((choice) => ask(target, choice)));
        expect({ place: target.place, values: valuesOf(more) }).toEqual({ place: target.place, values: valuesOf(few) });
      }
    }, 120_000);

    it('counts the deaths of the last day, and those of each host', async () => {
      const target = (title: string, refId: string) =>
        targetsOf(named('fleet')).filter(({ place }) => place === `${title}, ${refId}`);
      const [total] = target('Gone in 24 h', 'A');
      const [each] = target('Hosts', 'D');
      if (!total || !each) throw new Error('no such panel');
      expect(valuesOf(await ask(total, many))).toEqual([6]);
      expect(await deathsByHost(each, many)).toEqual({ 'build-1': 5, 'dev-2': 0, laptop: 1 });
      // Without the rules, a server that died twice counts once.
      expect(valuesOf(await ask(total, {}))).toEqual([5]);
      expect(await deathsByHost(each, {})).toEqual({ 'build-1': 4, 'dev-2': 0, laptop: 1 });
    }, 120_000);

    /** Before the end, which promtool leaves out. */
    const range = { from: LAST_SIX_HOURS.from, to: END - 5 * SCRAPE_MS };

    it('finds out by a hidden variable that they are many, of those that are chosen', async () => {
      expect(await recordedOf({}, 100)).toBe('');
      expect(await recordedOf({}, 3)).toBe('3');
      expect(await recordedOf({ instance: ['dev-2'] }, 1)).toBe('1');
      expect(await recordedOf({ instance: ['dev-2'] }, 2)).toBe('');
      expect(await recordedOf({ cluster: ['eu', 'us'] }, 1)).toBe('2');
    }, 120_000);

    /** What the variable holds if this many exporters are many. */
    async function recordedOf(choice: Choice, many: number): Promise<string> {
      const variable = named('fleet').templating.list?.find(({ name }) => name === 'recorded');
      const { query = '' } = (variable?.query ?? {}) as { query?: string };
      const expression = (expressionOfVariable(query) ?? '').replace('>= 100', `>= ${many}`);
      const answer = await source.instant(
        interpolate(expression, named('fleet'), { range, choice, scrapeMs: SCRAPE_MS }),
        range.to,
      );
      // As the data source of Grafana writes a result: its labels, its value and its time.
      const texts = answer.flatMap(({ labels, points }) => {
        const written = Object.entries(labels).map(([name, text]) => `${name}="${text}"`);
        return points.map(([time, value]) => `{${written}} ${value} ${time * 1000}`);
      });
      const pattern = new RegExp(variable?.regex?.slice(1, -1) ?? '');
      return texts.flatMap((text) => pattern.exec(text)?.[1] ?? [])[0] ?? '';
    }

    function ask(target: Target, choice: Choice): Promise<Series[]> {
      return answerOf(source, named('fleet'), target, { range, choice, scrapeMs: SCRAPE_MS });
    }

    async function deathsByHost(target: Target, choice: Choice): Promise<Record<string, number>> {
      const series = await ask(target, choice);
      return Object.fromEntries(series.map((each) => [each.labels['instance'], each.points[0]?.[1] ?? Number.NaN]));
    }
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
      const panels = await answered(named('fleet'));
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
        /^\/d\/tmux-server\?.*&var-instance=build-1&var-server=\w+&from=17723\d{8}&to=17723\d{8}$/,
      );
    }, 120_000);

    it('show every host with what its hubs and its exporter say of it, once', async () => {
      const panels = await answered(named('fleet'));
      const [table, ...others] = await askGrafana(panels.filter(({ panel }) => panel.title === 'Hosts'));
      expect(others).toEqual([]);
      expect(table?.columns).toEqual([
        'Host',
        'Cluster',
        'State',
        'Scrape',
        'Servers up',
        'Not answering',
        'Deaths today',
        'Last report',
        'Events missing',
      ]);
      expect(table?.rows).toEqual([
        ['build-1', 'eu', 'present', 'up', '2', '2', '4', '12 s', 'none'],
        ['dev-2', 'us', 'present', 'up', '1', '0', '0', '12 s', 'none'],
        ['laptop', '–', 'present', 'up', '1', '0', '1', '12 s', 'none'],
        ['gpu-4', '–', 'silent', '–', '–', '–', '–', '42 mins', '2'],
        ['spare-5', '–', 'left', '–', '–', '–', '–', '5 hours', 'none'],
      ]);
      expect(table?.links[0]).toMatch(/^\/d\/tmux-server\?.*&var-instance=build-1&/);
    }, 120_000);

    it('find a column, a sorting, a link and a unit that are misspelt', async () => {
      const panels = await answered(named('fleet'));
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
