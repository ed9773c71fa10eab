import type {
  Dashboard,
  GridPos,
  Panel,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { fieldLinksOf, marksOf, panelsOf, rowsOf, targetsOf } from './committed.ts';
import { type Selector, selectorsOf } from './promql.ts';
import type { Rule } from './rule.ts';

const VARIABLES = ['datasource', 'cluster', 'job', 'instance', 'server', 'session'];
/** Variables that only some dashboards have, after the others. */
const EXTRA = ['recorded'];

const UIDS = ['tmux-fleet', 'tmux-server', 'tmux-exporter'];

/** What Grafana itself puts in the place of a variable. */
const BUILT_IN = /^__(rate_interval|interval|range|from|all|url_time_range|data|field|value)\b/;

/** What has to hold for our dashboards beyond what any linter asks. */
export const OWN_RULES: readonly Rule[] = [
  {
    name: 'is classic, provisionable as it is, and has a fixed uid',
    problems: (dashboard) => [
      ...(dashboard.schemaVersion === 42 ? [] : [`schema version ${dashboard.schemaVersion}`]),
      ...(UIDS.includes(dashboard.uid ?? '') ? [] : [`uid ${dashboard.uid}`]),
      ...(JSON.stringify(dashboard).includes('${DS_') || '__inputs' in dashboard ? ['it asks for inputs'] : []),
      ...(dashboard.id == null ? [] : ['it has an id']),
    ],
  },
  { name: 'has no panel beside the grid or on another', problems: gridProblems },
  { name: 'has every id once', problems: idProblems },
  {
    name: 'has the shared variables in their order, multi, all, refreshed with the time',
    problems: ({ templating: { list = [] } }) => {
      const names = list.map(({ name }) => name);
      const choices = list.filter(({ name, type }) => type === 'query' && !EXTRA.includes(name));
      const isRight = choices.every(({ multi, includeAll, refresh }) => multi && includeAll && refresh === 2);
      const shared = names.filter((name) => !EXTRA.includes(name));
      return shared.join() === VARIABLES.join() && isRight ? [] : [`variables ${names}`];
    },
  },
  { name: 'uses no variable that does not exist', problems: unknownVariables },
  { name: 'offers no variable that does nothing', problems: idleVariables },
  {
    name: 'asks for the chosen clusters, but of hubs, which see all of them',
    problems: (dashboard) =>
      selectorProblems(dashboard, ({ metric, matchers }) => {
        const isChosen = matchers.some(({ label, value }) => label === 'cluster' && value === '$cluster');
        return isChosen || /^tmux_fleet_/.test(metric);
      }),
  },
  {
    name: 'reads what the recording rules made only if many exporters are chosen',
    problems: (dashboard) =>
      selectorProblems(dashboard, ({ metric, matchers }) => {
        const operator = matchers.find(({ label }) => label === 'recorded')?.operator;
        return metric.startsWith('instance:') ? operator === '!=' : !metric.startsWith('job:');
      }),
  },
  {
    name: 'shows a text if there is nothing to show',
    problems: (dashboard) =>
      panelsOf(dashboard).flatMap(({ title, fieldConfig }) => (fieldConfig?.defaults.noValue ? [] : [`${title}`])),
  },
  {
    name: 'has a title for each panel once, and a description in sentences',
    problems: (dashboard) => {
      const titles = panelsOf(dashboard).map(({ title }) => title);
      const doubles = titles.filter((title, at) => titles.indexOf(title) !== at);
      const fragments = panelsOf(dashboard).filter(({ description }) => !/^[A-Z0-9].*\.$/.test(description ?? ''));
      return [...doubles, ...fragments.map(({ title }) => title)].map(String);
    },
  },
  { name: 'has ascending thresholds', problems: thresholdProblems },
  { name: 'says in words what colours say', problems: wordlessColours },
  {
    name: 'names each series of a graph',
    problems: (dashboard) =>
      targetsOf(dashboard).flatMap(({ place, query, panel }) => {
        const isGraph = ['timeseries', 'state-timeline', 'bargauge'].includes(panel?.type ?? '');
        return isGraph && !query.legendFormat ? [place] : [];
      }),
  },
  { name: 'links to dashboards that exist, and keeps the time and the choice', problems: linkProblems },
  { name: 'marks the deaths of servers at the true second', problems: markProblems },
];

function selectorProblems(dashboard: Dashboard, isRight: (selector: Selector) => boolean): string[] {
  return targetsOf(dashboard).flatMap(({ place, query }) =>
    selectorsOf(query.expr).flatMap((selector) => (isRight(selector) ? [] : [`${place}: ${selector.metric}`])),
  );
}

function gridProblems(dashboard: Dashboard): string[] {
  const top = (dashboard.panels ?? []).map(({ title, gridPos }) => ({ title, gridPos }));
  const groups = [top, ...rowsOf(dashboard).map(({ panels }) => panels)];
  return groups.flatMap((group) => [
    ...group.filter(({ gridPos }) => !gridPos || isOutside(gridPos)).map(({ title }) => `${title} is outside`),
    ...group.flatMap((a, at) =>
      group.slice(at + 1).flatMap((b) => (overlap(a.gridPos, b.gridPos) ? [`${a.title} is on ${b.title}`] : [])),
    ),
  ]);
}

function isOutside({ x, y, w, h }: GridPos): boolean {
  return x < 0 || y < 0 || w < 1 || h < 1 || x + w > 24;
}

function overlap(a: GridPos | undefined, b: GridPos | undefined): boolean {
  if (!a || !b) return false;
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function idProblems(dashboard: Dashboard): string[] {
  const ids = [...panelsOf(dashboard), ...rowsOf(dashboard)].map(({ id }) => id ?? 0);
  const wrong = ids.filter((id, at) => id < 1 || ids.indexOf(id) !== at).map((id) => `panel id ${id}`);
  const refIds = panelsOf(dashboard).flatMap(({ title, targets = [] }) => {
    const names = targets.map((target) => (target as { refId?: string }).refId ?? '');
    return names.every((name, at) => name !== '' && names.indexOf(name) === at) ? [] : [`${title}: refIds ${names}`];
  });
  return [...wrong, ...refIds];
}

function unknownVariables(dashboard: Dashboard): string[] {
  const found = JSON.stringify(dashboard).matchAll(/\$(?:\{(\w+)[^}]*\}|(\w+))/g);
  // `$1` is a group of label_replace().
  const names = [...found].map(([, braced, bare]) => braced ?? bare ?? '').filter((name) => !/^\d$/.test(name));
  return [...new Set(names)].filter((name) => ![...VARIABLES, ...EXTRA].includes(name) && !BUILT_IN.test(name));
}

function idleVariables(dashboard: Dashboard): string[] {
  const shown = (dashboard.templating.list ?? []).filter(({ hide }) => hide !== 2);
  const expressions = targetsOf(dashboard)
    .filter(({ panel }) => panel !== null)
    .map(({ query }) => `${query.expr} ${query.datasource?.uid}`)
    .join('\n');
  return shown.map(({ name }) => name).filter((name) => !new RegExp(`\\$\\{?${name}\\b`).test(expressions));
}

function thresholdsOf({ fieldConfig }: Panel): ThresholdsConfig[] {
  const overridden = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.flatMap(({ id, value }) => (id === 'thresholds' ? [value as ThresholdsConfig] : [])),
  );
  const { thresholds } = fieldConfig?.defaults ?? {};
  return [...(thresholds ? [thresholds] : []), ...overridden];
}

function thresholdProblems(dashboard: Dashboard): string[] {
  return panelsOf(dashboard).flatMap((panel) =>
    thresholdsOf(panel).flatMap(({ steps: [base, ...others] }) => {
      const values = others.map(({ value }) => value ?? Number.NaN);
      const ascends = values.every((value, at) => at === 0 || value > (values[at - 1] ?? Number.NaN));
      return base?.value === null && ascends ? [] : [`${panel.title}: ${values}`];
    }),
  );
}

function wordlessColours(dashboard: Dashboard): string[] {
  return panelsOf(dashboard).flatMap((panel) => {
    const untold = thresholdsOf(panel).flatMap(({ steps }) =>
      steps
        .slice(1)
        .filter(({ color }) => !new RegExp(`\\b${color} from .+: .+\\.`, 'i').test(panel.description ?? '')),
    );
    const mute = mappingsOf(panel)
      .flatMap(resultsOf)
      .filter(({ text }) => !text);
    return untold.length + mute.length === 0 ? [] : [`${panel.title}`];
  });
}

function mappingsOf({ fieldConfig }: Panel): ValueMapping[] {
  const overridden = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.flatMap(({ id, value }) => (id === 'mappings' ? (value as ValueMapping[]) : [])),
  );
  return [...(fieldConfig?.defaults.mappings ?? []), ...overridden];
}

function resultsOf({ options }: ValueMapping): { text?: string }[] {
  return 'result' in options ? [options.result as { text?: string }] : Object.values(options as object);
}

function linkProblems(dashboard: Dashboard): string[] {
  const menu = (dashboard.links ?? []).flatMap((link) =>
    link.type === 'dashboards' && link.tags.join() === dashboard.tags?.join() && link.includeVars && link.keepTime
      ? []
      : [`menu ${link.title}`],
  );
  const ofFields = panelsOf(dashboard).flatMap((panel) =>
    fieldLinksOf(panel).flatMap(({ url = '' }) =>
      fieldLinkProblems(url).map((problem) => `${panel.title}: ${problem}`),
    ),
  );
  return [...(dashboard.links?.length ? [] : ['no menu']), ...menu, ...ofFields];
}

function fieldLinkProblems(url: string): string[] {
  const [, uid = '', query = ''] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
  const parameters = query.split('&').map((part) => part.split('=')[0] ?? '');
  const unknown = parameters.filter((name) => name.startsWith('var-') && !VARIABLES.includes(name.slice(4)));
  const keepsTime = query.includes('${__url_time_range}') || (/\bfrom=/.test(query) && /\bto=/.test(query));
  const keepsChoice = ['datasource', 'cluster', 'job'].every((name) => query.includes(`\${${name}:queryparam}`));
  return [
    ...(UIDS.includes(uid) ? [] : [`no dashboard ${uid}`]),
    ...unknown.map((name) => `no variable ${name}`),
    ...(keepsTime ? [] : ['the time is lost']),
    ...(keepsChoice ? [] : ['the choice is lost']),
  ];
}

function markProblems(dashboard: Dashboard): string[] {
  const gone = marksOf(dashboard).find(({ name }) => name === 'Server gone');
  const isRight =
    gone?.enable === true &&
    gone.useValueForTime === true &&
    /\(tmux_server_gone_timestamp_seconds\{.*\} > time\(\) - 86400\) \* 1000$/.test(gone.expr ?? '');
  return isRight ? [] : ['no mark of deaths'];
}
