import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { RECORDING_RULES } from './alert-rules.ts';
import { expressionOfVariable, targetsOf } from './committed.ts';
import { selectorsOf } from './promql.ts';

/** Metrics that dashboards use and that are not the exporter's: Prometheus makes them itself, some by our recording rules. */
export const OF_PROMETHEUS = ['up', 'ALERTS', ...RECORDING_RULES.map(({ record }) => record)];

/** Metrics that no panel shows, with the reason. */
export const UNUSED: Readonly<Record<string, string>> = {
  tmux_exporter_log_lines_dropped_total: 'it says something of stderr only, and the log itself says it once it can',
  tmux_exporter_web_logins_failed_total: 'the security of the host is judged beside other logins, not beside polls',
  tmux_exporter_web_connections_cut_total: 'it counts clients that misbehave, and no server or poll depends on them',
  tmux_exporter_detection_seconds_sum: 'the buckets say more than a mean of rare events',
  tmux_exporter_detection_seconds_count: 'the same number as tmux_exporter_servers_reaped_total, which has the reason',
  tmux_exporter_bus_publish_duration_seconds_sum: 'the buckets say more than a mean',
  tmux_exporter_bus_publish_duration_seconds_count:
    'the same number as tmux_exporter_bus_published_total, which has the result',
  process_cpu_user_seconds_total: 'part of process_cpu_seconds_total',
  process_cpu_system_seconds_total: 'part of process_cpu_seconds_total',
  process_virtual_memory_bytes: 'says nothing about a Node process, which reserves far more than it uses',
  process_heap_bytes: 'what the kernel calls the data segment: resident memory says what is used',
};

/** Metrics that the variables, panels and marks of a dashboard use. */
export function usedMetrics(dashboard: Dashboard): string[] {
  const ofVariables = (dashboard.templating.list ?? []).flatMap(({ query }) =>
    typeof query === 'object' ? selectorsOf(expressionOfVariable(String(query['query'])) ?? '') : [],
  );
  const ofTargets = targetsOf(dashboard).flatMap(({ query }) => selectorsOf(query.expr));
  return [...new Set([...ofVariables, ...ofTargets].map(({ metric }) => metric))];
}

/** The names of all samples in an exposition. */
export function sampleNames(body: string): string[] {
  const names = body.split('\n').map((line) => /^[a-z]\w*/.exec(line)?.[0] ?? '');
  return [...new Set(names.filter((name) => name !== ''))];
}
