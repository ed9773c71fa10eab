import * as units from '@grafana/grafana-foundation-sdk/units';
import { happened } from './expressions.ts';
import type { Band } from './layout.ts';
import { CURRENT, WORKED } from './mapping.ts';
import { table } from './panel/table.ts';
import { DASHED, timeSeries } from './panel/time-series.ts';
import { ofExporter, ofServer, over, rows } from './query.ts';

const NO_EXPORTER = 'No exporter was scraped.';

/** The panels about the exporter's process, store, series and configuration. */
export function runtime(): Band[] {
  return [
    {
      height: 8,
      panels: [
        [8, eventLoop()],
        [8, cpu()],
        [8, memory()],
      ],
    },
    {
      height: 8,
      panels: [
        [8, store()],
        [8, series()],
        [8, files()],
      ],
    },
    {
      height: 7,
      panels: [
        [12, exporters()],
        [12, collectors()],
      ],
    },
  ];
}

function eventLoop() {
  const lag = (statistic: string) =>
    `max by (cluster, instance) (${ofExporter(`nodejs_eventloop_lag_${statistic}_seconds`)})`;
  return timeSeries({
    id: 30,
    title: 'Lag of the event loop',
    description: 'How late the event loop was between two scrapes: the 99th percentile, and the longest delay.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    levels: [{ from: 0.5, color: 'red', text: '0.5 seconds', means: 'notices are delayed by this' }],
    queries: [over('A', lag('p99'), 'p99 of {{instance}}'), over('B', lag('max'), 'longest of {{instance}}')],
  });
}

function cpu() {
  return timeSeries({
    id: 31,
    title: 'CPU of the exporter',
    description: '100 % is one core.',
    unit: units.PercentUnit,
    noValue: NO_EXPORTER,
    queries: [
      over(
        'A',
        `sum by (cluster, instance) (rate(${ofExporter('process_cpu_seconds_total')}[$__rate_interval]))`,
        '{{instance}}',
      ),
    ],
  });
}

function memory() {
  return timeSeries({
    id: 32,
    title: 'Memory of the exporter',
    description: 'Resident memory.',
    unit: units.BytesIEC,
    noValue: NO_EXPORTER,
    queries: [over('A', `max by (cluster, instance) (${ofExporter('process_resident_memory_bytes')})`, '{{instance}}')],
  });
}

function store() {
  return timeSeries({
    id: 33,
    title: 'Errors of the store',
    description: 'Failed writes to the store. The data waits in memory until a write succeeds.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', happened(ofExporter('tmux_exporter_store_errors_total'), 'instance'), '{{instance}}')],
  });
}

function series() {
  return timeSeries({
    id: 34,
    title: 'Series, and servers cut by a limit',
    description: 'Series that each exporter exposes, and servers of which a limit leaves series out, by level.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    queries: [
      over('A', `max by (cluster, instance) (${ofExporter('tmux_exporter_series')})`, 'series of {{instance}}'),
      over('B', `sum by (level) (${ofServer('tmux_server_truncated')})`, 'servers with {{level}} cut'),
    ],
  });
}

function files() {
  return timeSeries({
    id: 35,
    title: 'Open files of the exporter',
    description: 'Open file descriptors, and the most that are allowed (dashed).',
    unit: units.Short,
    noValue: NO_EXPORTER,
    queries: [
      over('A', `max by (cluster, instance) (${ofExporter('process_open_fds')})`, '{{instance}}'),
      over('B', `min by (cluster, instance) (${ofExporter('process_max_fds')})`, 'allowed for {{instance}}'),
    ],
    byQuery: { B: [...DASHED, { id: 'custom.hideFrom', value: { viz: true, legend: false, tooltip: false } }] },
  });
}

function exporters() {
  const latest = (metric: string) => `max by (cluster, instance) (${ofExporter(metric)})`;
  return table({
    id: 36,
    title: 'Each exporter',
    description: 'Each exporter: its version and uptime, and whether it uses the configuration on disk.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    sortBy: 'Instance',
    ascending: true,
    queries: [
      rows('A', `max by (cluster, instance, version, node_version) (${ofExporter('tmux_exporter_build_info')})`),
      rows('B', `time() - ${latest('process_start_time_seconds')}`),
      rows('C', latest('tmux_exporter_config_last_reload_successful')),
      rows('D', `time() - ${latest('tmux_exporter_config_last_reload_timestamp_seconds')}`),
    ],
    columns: [
      { source: 'instance', title: 'Instance' },
      { source: 'version', title: 'Version', width: 90 },
      { source: 'node_version', title: 'Node', width: 90 },
      { source: 'Value #B', title: 'Uptime', unit: units.Seconds, decimals: 1, width: 100 },
      { source: 'Value #C', title: 'Configuration', width: 110, mappings: CURRENT },
      { source: 'Value #D', title: 'Last loaded', unit: units.Seconds, decimals: 1, width: 120 },
      { source: 'Value #A', title: null },
    ],
  });
}

function collectors() {
  const by = (metric: string) => `max by (cluster, instance, collector) (${ofExporter(metric)})`;
  return table({
    id: 37,
    title: 'Collectors',
    description: 'The collectors of each exporter, the result of their last run, and how long it took.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    sortBy: 'Collector',
    ascending: true,
    queries: [
      rows('A', by('tmux_exporter_collector_success')),
      rows('B', by('tmux_exporter_collector_duration_seconds')),
    ],
    columns: [
      { source: 'collector', title: 'Collector' },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'Result', mappings: WORKED },
      { source: 'Value #B', title: 'Duration', unit: units.Seconds },
    ],
  });
}
