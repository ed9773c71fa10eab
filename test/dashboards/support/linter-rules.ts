import type { Dashboard, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { expressionOfVariable, panelsOf, type Target, targetsOf } from './committed.ts';
import { RATE_INTERVAL, type Selector, selectorsOf, syntaxErrors } from './promql.ts';
import type { Rule } from './rule.ts';

/** The rules of Grafana's dashboard linter (https://github.com/grafana/dashboard-linter), by its names and on every type of panel. */
export const LINTER_RULES: readonly Rule[] = [
  {
    name: 'template-datasource',
    problems: ({ templating }) => {
      const sources = (templating.list ?? []).filter(({ type }) => type === 'datasource');
      const isRight = sources.length === 1 && sources.every(({ name, label }) => isDataSource(name, label));
      return isRight ? [] : ['expected one variable `datasource` with the label `Data source`'];
    },
  },
  { name: 'template-job', problems: (dashboard) => templateProblems(dashboard, 'job', 'Job') },
  { name: 'template-instance', problems: (dashboard) => templateProblems(dashboard, 'instance', 'Instance') },
  {
    name: 'template-label-promql',
    problems: (dashboard) => queryVariables(dashboard).flatMap((variable) => labelQueryProblems(variable)),
  },
  {
    name: 'template-on-time-change-reload',
    problems: (dashboard) =>
      queryVariables(dashboard).flatMap(({ name, refresh }) =>
        refresh === 2 ? [] : [`variable ${name} is not refreshed when the time changes`],
      ),
  },
  {
    name: 'panel-datasource',
    problems: (dashboard) =>
      panelsOf(dashboard).flatMap((panel) =>
        panel.datasource?.uid === '${datasource}' ? [] : [`${panel.title}: data source ${panel.datasource?.uid}`],
      ),
  },
  {
    name: 'panel-title-description',
    problems: (dashboard) =>
      panelsOf(dashboard).flatMap((panel) => (panel.title && panel.description ? [] : [`panel ${panel.id}`])),
  },
  {
    name: 'panel-units',
    problems: (dashboard) =>
      panelsOf(dashboard).flatMap((panel) => (panel.fieldConfig?.defaults.unit ? [] : [`${panel.title}: no unit`])),
  },
  {
    name: 'panel-no-targets',
    problems: (dashboard) =>
      panelsOf(dashboard).flatMap((panel) => (panel.targets?.length ? [] : [`${panel.title}: no query`])),
  },
  {
    name: 'target-promql',
    problems: (dashboard) =>
      targetsOf(dashboard).flatMap(({ place, query }) =>
        syntaxErrors(query.expr).map((error) => `${place}: does not parse ${error}`),
      ),
  },
  { name: 'target-rate-interval', problems: selectorRule(rateIntervalProblem) },
  { name: 'target-job', problems: selectorRule((selector) => matcherProblem(selector, 'job')) },
  { name: 'target-instance', problems: selectorRule((selector) => matcherProblem(selector, 'instance')) },
  { name: 'target-counter-agg', problems: selectorRule(counterProblem) },
  { name: 'uneditable-dashboard', problems: ({ editable }) => (editable === false ? [] : ['it can be edited']) },
  { name: 'target-logql', problems: otherDataSources },
  { name: 'target-logql-auto', problems: otherDataSources },
];

function isDataSource(name: string, label: string | undefined): boolean {
  return name === 'datasource' && label === 'Data source';
}

function queryVariables({ templating }: Dashboard): VariableModel[] {
  return (templating.list ?? []).filter(({ type }) => type === 'query');
}

function templateProblems(dashboard: Dashboard, wanted: string, label: string): string[] {
  const variable = queryVariables(dashboard).find(({ name }) => name === wanted);
  if (!variable) return [`no variable ${wanted}`];
  const isRight =
    variable.datasource?.uid === '${datasource}' &&
    variable.label === label &&
    variable.multi === true &&
    variable.allValue === '.+';
  return isRight ? [] : [`variable ${wanted} is not as the linter wants it`];
}

function labelQueryProblems({ name, query }: VariableModel): string[] {
  const text = typeof query === 'string' ? query : String(query?.['query']);
  const expression = expressionOfVariable(text);
  if (expression === null) return [`variable ${name}: expected label_values(…) or query_result(…), found ${text}`];
  return syntaxErrors(expression).map((error) => `variable ${name}: does not parse ${error}`);
}

function selectorRule(problem: (selector: Selector) => string | null): Rule['problems'] {
  return (dashboard) =>
    targetsOf(dashboard).flatMap(({ place, query }) =>
      selectorsOf(query.expr).flatMap((selector) => {
        const found = problem(selector);
        return found === null ? [] : [`${place}: ${selector.metric} ${found}`];
      }),
    );
}

function rateIntervalProblem({ functions: [nearest = ''], range }: Selector): string | null {
  const isRate = nearest === 'rate' || nearest === 'irate';
  return isRate && range !== RATE_INTERVAL ? 'is rated over another range than $__rate_interval' : null;
}

/** A choice that series without the label belong to, too. */
const NONE = /\|$/;

/** A hub sees the whole fleet: the choice of instances applies to what it says of hosts only, by their names. */
const OF_HUBS = /^tmux_fleet_(?!host_)/;
const OF_HOSTS = /^tmux_fleet_host_/;

function matcherProblem({ metric, matchers }: Selector, label: string): string | null {
  if (label === 'instance' && OF_HUBS.test(metric)) return null;
  const applied = label === 'instance' && OF_HOSTS.test(metric) ? 'host' : label;
  const isMatched = matchers.some(
    (matcher) =>
      matcher.label === applied && matcher.operator === '=~' && matcher.value.replace(NONE, '') === `$${label}`,
  );
  return isMatched ? null : `has no matcher ${label}=~"$${label}"`;
}

function counterProblem({ metric, functions: [nearest = ''] }: Selector): string | null {
  const isCounter = /_(total|bucket|count|sum)$/.test(metric);
  return isCounter && !['rate', 'irate', 'increase'].includes(nearest) ? 'is a counter and used as it is' : null;
}

function otherDataSources(dashboard: Dashboard): string[] {
  const isOther = ({ query }: Target) => query.datasource?.type !== 'prometheus';
  return targetsOf(dashboard)
    .filter(isOther)
    .map(({ place }) => `${place}: not a query of Prometheus`);
}
