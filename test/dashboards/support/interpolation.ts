import type { Dashboard, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';

/** A time range, Unix milliseconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** What the reader has chosen: for each variable its values, or all. */
export type Choice = Readonly<Record<string, readonly string[] | 'all'>>;

/** What a query is asked with. */
export interface QueryContext {
  readonly range: TimeRange;
  readonly choice: Choice;
  /** Time between two scrapes, as configured in the data source. */
  readonly scrapeMs: number;
}

/** How many points a panel asks for that does not say itself: its width in pixels. */
const PANEL_POINTS = 700;

/** The step of a query. */
export function stepMs({ range, scrapeMs }: QueryContext, maxDataPoints = PANEL_POINTS): number {
  const seconds = Math.ceil((range.to - range.from) / maxDataPoints / 1000);
  return Math.max(scrapeMs, seconds * 1000);
}

/** Writes the values of all variables into an expression, as Grafana and its Prometheus data source do. */
export function interpolate(
  text: string,
  { templating }: Dashboard,
  context: QueryContext,
  maxDataPoints = PANEL_POINTS,
): string {
  const { range, choice, scrapeMs } = context;
  const step = stepMs(context, maxDataPoints);
  const builtIn: Readonly<Record<string, string>> = {
    __interval: `${step / 1000}s`,
    __rate_interval: `${Math.max(step + scrapeMs, 4 * scrapeMs) / 1000}s`,
    __range: `${(range.to - range.from) / 1000}s`,
    __from: String(range.from),
  };
  const variables = new Map((templating.list ?? []).map((variable) => [variable.name, variable]));
  return text.replace(/\$(\w+)/g, (written, name: string) => {
    const variable = variables.get(name);
    if (variable) return valueFor(variable, choice[name] ?? 'all');
    return builtIn[name] ?? written;
  });
}

function valueFor({ allValue }: VariableModel, chosen: readonly string[] | 'all'): string {
  if (chosen === 'all') return allValue ?? '';
  const escaped = chosen.map(escapeForRegex);
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

/** As `prometheusSpecialRegexEscape` of @grafana/prometheus 13.2. */
function escapeForRegex(value: string): string {
  return value
    .replace(/\\/g, '\\\\\\\\')
    .replace(/"/g, '\\\\\\"')
    .replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
}
