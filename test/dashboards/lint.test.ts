import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from '@jest/globals';
import { committedDashboards, panelsOf } from './support/committed.ts';
import { LINTER_RULES } from './support/linter-rules.ts';
import { OWN_RULES } from './support/own-rules.ts';

const DASHBOARDS = committedDashboards();
const RULES = [...LINTER_RULES, ...OWN_RULES];

describe.each(DASHBOARDS)('The dashboard $name', (dashboard) => {
  it.each(RULES)('keeps the rule: $name', ({ problems }) => {
    expect(problems(dashboard)).toEqual([]);
  });
});

/** A copy of the fleet dashboard in which something was changed. */
function broken(change: (dashboard: Dashboard) => void): Dashboard {
  const copy = structuredClone(DASHBOARDS.find(({ name }) => name === 'fleet')) as Dashboard;
  change(copy);
  return copy;
}

/** The first panel of some type. */
function panel(dashboard: Dashboard, type: string): Panel {
  const found = panelsOf(dashboard).find((candidate) => candidate.type === type);
  if (!found) throw new Error(`no ${type}`);
  return found;
}

function rewrite(dashboard: Dashboard, type: string, from: string | RegExp, to: string): void {
  const [target] = panel(dashboard, type).targets ?? [];
  const query = target as unknown as { expr: string };
  const written = query.expr.replace(from, to);
  if (written === query.expr) throw new Error(`nothing to change in ${written}`);
  query.expr = written;
}

function variable(dashboard: Dashboard, wanted: string) {
  const found = dashboard.templating.list?.find(({ name }) => name === wanted);
  if (!found) throw new Error(`no variable ${wanted}`);
  return found;
}

const BREAKAGES: readonly [rule: string, change: (dashboard: Dashboard) => void][] = [
  ['template-datasource', (d) => (variable(d, 'datasource').label = 'Source')],
  ['template-job', (d) => (variable(d, 'job').multi = false)],
  ['template-instance', (d) => (variable(d, 'instance').allValue = '.*')],
  ['template-label-promql', (d) => (variable(d, 'server').query = 'label_values(up{, server)')],
  ['template-on-time-change-reload', (d) => (variable(d, 'session').refresh = 1)],
  ['panel-datasource', (d) => (panel(d, 'table').datasource = { type: 'prometheus', uid: 'abc' })],
  ['panel-title-description', (d) => (panel(d, 'state-timeline').description = '')],
  ['panel-units', (d) => delete panel(d, 'bargauge').fieldConfig?.defaults.unit],
  ['panel-no-targets', (d) => (panel(d, 'bargauge').targets = [])],
  ['target-promql', (d) => rewrite(d, 'table', ')', '')],
  ['target-rate-interval', (d) => rewrite(d, 'stat', /^.*$/, 'rate(a_total{job=~"$job",instance=~"$instance"}[5m])')],
  ['target-job', (d) => rewrite(d, 'table', 'job=~"$job",', '')],
  ['target-instance', (d) => rewrite(d, 'table', 'instance=~"$instance"', 'instance="$instance"')],
  ['target-counter-agg', (d) => rewrite(d, 'stat', 'tmux_server_state', 'tmux_server_gone_total')],
  ['uneditable-dashboard', (d) => (d.editable = true)],
  ['target-logql', (d) => Object.assign(panel(d, 'stat').targets?.[0] ?? {}, { datasource: { type: 'loki' } })],
  ['target-logql-auto', (d) => Object.assign(panel(d, 'stat').targets?.[0] ?? {}, { datasource: { type: 'loki' } })],
  ['is classic, provisionable as it is, and has a fixed uid', (d) => Object.assign(d, { __inputs: [] })],
  ['is classic, provisionable as it is, and has a fixed uid', (d) => (d.schemaVersion = 41)],
  ['has no panel beside the grid or on another', (d) => Object.assign(panel(d, 'table').gridPos ?? {}, { w: 99 })],
  ['has no panel beside the grid or on another', (d) => Object.assign(panel(d, 'table').gridPos ?? {}, { x: 5 })],
  ['has every id once', (d) => (panel(d, 'table').id = 1)],
  ['has every id once', (d) => Object.assign(panel(d, 'table').targets?.[1] ?? {}, { refId: 'A' })],
  ['has the shared variables in their order, multi, all, refreshed with the time', (d) => d.templating.list?.reverse()],
  ['asks for the chosen clusters, but of hubs, which see all of them', (d) => rewrite(d, 'table', '$cluster', 'eu')],
  [
    'reads what the recording rules made only if many exporters are chosen',
    (d) => rewrite(d, 'stat', 'recorded!=', 'recorded='),
  ],
  ['uses no variable that does not exist', (d) => rewrite(d, 'stat', '$job', '$jobs')],
  ['offers no variable that does nothing', (d) => panelsOf(d).map((each) => Object.assign(each, { targets: [] }))],
  ['shows a text if there is nothing to show', (d) => delete panel(d, 'stat').fieldConfig?.defaults.noValue],
  ['has a title for each panel once, and a description in sentences', (d) => (panel(d, 'table').title = 'Sessions')],
  ['has a title for each panel once, and a description in sentences', (d) => (panel(d, 'table').description = 'log')],
  ['has ascending thresholds', (d) => panel(d, 'stat').fieldConfig?.defaults.thresholds?.steps.reverse()],
  [
    'says in words what colours say',
    (d) => panel(d, 'stat').fieldConfig?.defaults.thresholds?.steps.push({ value: 9, color: 'purple' }),
  ],
  ['says in words what colours say', (d) => (panel(d, 'stat').description = 'Servers.')],
  [
    'names each series of a graph',
    (d) => Object.assign(panel(d, 'timeseries').targets?.[0] ?? {}, { legendFormat: '' }),
  ],
  [
    'links to dashboards that exist, and keeps the time and the choice',
    (d) =>
      Object.assign(panel(d, 'state-timeline').fieldConfig?.defaults.links?.[0] ?? {}, { url: '/d/tmux-servers?x' }),
  ],
  ['links to dashboards that exist, and keeps the time and the choice', (d) => (d.links = [])],
  ['marks the deaths of servers at the true second', (d) => delete d.annotations.list?.[0]?.useValueForTime],
];

describe('A rule', () => {
  it.each(BREAKAGES)('notices what breaks it: %s', (name, change) => {
    const rule = RULES.find((candidate) => candidate.name === name);
    expect(rule?.problems(broken(change))).not.toEqual([]);
  });

  it('is broken by one of these at least, whichever it is', () => {
    expect(RULES.map(({ name }) => name).filter((name) => !BREAKAGES.some(([broken]) => broken === name))).toEqual([]);
  });
});
