import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** The data source that the viewer has chosen. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

const OF_EXPORTER = 'cluster=~"$cluster",job=~"$job",instance=~"$instance"';

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

/** A selector of what the hubs say. A hub sees the whole fleet, so the choice of clusters and instances does not apply to it. */
export function ofHubs(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', ...matchers].join(',')}}`;
}

/** A selector of the alerts that fire. Those on hosts of a fleet have no job. */
export function firing(): string {
  const matchers = ['cluster=~"$cluster"', 'job=~"$job|"', 'instance=~"$instance"'];
  return `ALERTS{${[...matchers, 'alertname=~"Tmux.+"', 'alertstate="firing"'].join(',')}}`;
}

/**
 * Matchers that choose what the fleet dashboard reads, by a label that no series has: the series of each server, or what the recording rules
 * have made of them. The variable `recorded` is empty unless 100 exporters or more are chosen. A query with both evaluates one of them:
 * a selector that matches nothing costs nothing, but `or` alone evaluates both.
 */
export const FEW_HOSTS = 'recorded="$recorded"';
export const MANY_HOSTS = 'recorded!="$recorded"';

/** A selector of what a recording rule has made of the series of the chosen exporters, if these are many. */
export function recorded(rule: string, ...matchers: readonly string[]): string {
  return ofExporter(rule, MANY_HOSTS, ...matchers);
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
