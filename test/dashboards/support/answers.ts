import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Target } from './committed.ts';
import { type Choice, interpolate, type QueryContext, stepMs, type TimeRange } from './interpolation.ts';
import type { Series, Source } from './source.ts';

/** The default step of a mark. */
const MARK_STEP_MS = 60_000;

/** Asks a query as Grafana does: at the end of the time shown, or over all of it. */
export async function answerOf(
  source: Source,
  dashboard: Dashboard,
  { query, panel }: Target,
  context: QueryContext,
): Promise<Series[]> {
  const expression = interpolate(query.expr, dashboard, context, panel?.maxDataPoints);
  if (query.instant) return source.instant(expression, context.range.to);
  const step = panel ? stepMs(context, panel.maxDataPoints) : MARK_STEP_MS;
  return source.range(expression, context.range, step);
}

/** What is wrong with an answer; null if nothing is. */
export function complaint(series: readonly Series[], { query }: Target): string | null {
  const known = series.filter(({ points }) => points.some(([, value]) => !Number.isNaN(value)));
  if (known.length === 0) return 'no data';
  const labels = [...(query.legendFormat ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);
  const missing = labels.filter((label) => !known.every((each) => each.labels[label]));
  return missing.length === 0
    ? null
    : `the legend names ${missing}, the series have ${Object.keys(known[0]?.labels ?? {})}`;
}

/** Every value that each variable offers, each chosen by name. */
export async function chooseAll(
  source: Source,
  dashboard: Dashboard,
  range: TimeRange,
  scrapeMs: number,
): Promise<Choice> {
  const choice: Record<string, readonly string[]> = {};
  for (const { name, type, query } of dashboard.templating.list ?? []) {
    if (type !== 'query') continue;
    const text = String((query as Record<string, unknown>)['query']);
    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
    if (label === '') continue;
    const written = interpolate(selector, dashboard, { range, choice, scrapeMs });
    choice[name] = await source.labelValues(label, written, range);
  }
  return choice;
}
