import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** The data source that the viewer has chosen. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

const OF_EXPORTER = 'job=~"$job",instance=~"$instance"';

/** A selector of the series of the chosen exporters, with further matchers. */
export function ofExporter(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[OF_EXPORTER, ...matchers].join(',')}}`;
}

/** A selector of the series of the chosen servers, with further matchers. */
export function ofServer(metric: string, ...matchers: readonly string[]): string {
  return ofExporter(metric, 'server=~"$server"', ...matchers);
}

/** A selector of the series of the chosen sessions, with further matchers. */
export function ofSession(metric: string, ...matchers: readonly string[]): string {
  return ofServer(metric, 'session=~"$session"', ...matchers);
}

/** The value or, if there is none, 0. If no exporter was scraped, there is no value, because nothing is known. */
export function orZero(expression: string): string {
  return `${expression} or 0 * sum(${ofExporter('tmux_exporter_build_info')})`;
}

/** The series or, if there are none, one at 0 with these labels. If no exporter was scraped, there is none. */
export function orNone(expression: string, labels: Readonly<Record<string, string>>): string {
  const zero = `0 * sum(${ofExporter('tmux_exporter_build_info')})`;
  const labelled = Object.entries(labels).reduce(
    (inner, [name, value]) => `label_replace(${inner}, "${name}", "${value}", "", "")`,
    zero,
  );
  return `${expression} or on () ${labelled}`;
}

/** A query for the present value of each series, for a number or a bar. */
export function now(refId: string, expression: string, legend = ''): DataqueryBuilder {
  return query(refId, expression).instant().legendFormat(legend).format(PromQueryFormat.TimeSeries);
}

/** A query for the present values as rows, with a column for each label. */
export function rows(refId: string, expression: string): DataqueryBuilder {
  return query(refId, expression).instant().format(PromQueryFormat.Table);
}

/** A query for the values over time. */
export function over(refId: string, expression: string, legend: string): DataqueryBuilder {
  return query(refId, expression).range().legendFormat(legend).format(PromQueryFormat.TimeSeries);
}

function query(refId: string, expression: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).datasource(DATASOURCE).expr(expression);
}
