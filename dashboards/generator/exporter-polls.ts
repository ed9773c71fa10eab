import * as units from '@grafana/grafana-foundation-sdk/units';
import { happened, pollAge } from './expressions.ts';
import type { Band } from './layout.ts';
import { serverOfSeries } from './links.ts';
import { REASON_SERIES } from './mapping.ts';
import { barGauge } from './panel/bar-gauge.ts';
import { BARS, DASHED, timeSeries } from './panel/time-series.ts';
import { now, ofExporter, ofServer, over } from './query.ts';

const NO_EXPORTER = 'No exporter was scraped.';
const NO_SERVER = 'No server is registered.';

/** The panels about polls and the detection of deaths. */
export function polls(): Band[] {
  return [
    {
      height: 8,
      panels: [
        [8, duration()],
        [8, staleness()],
        [8, ticks()],
      ],
    },
    {
      height: 8,
      panels: [
        [8, failures()],
        [8, slowest()],
        [8, clients()],
      ],
    },
    {
      height: 8,
      panels: [
        [8, detection()],
        [8, reaped()],
        [8, watches()],
      ],
    },
  ];
}

function duration() {
  return timeSeries({
    id: 10,
    title: 'Duration of a poll of all servers',
    description:
      'How long a poll took, and the interval between polls (dashed). If a poll takes longer, the next one is skipped.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    queries: [
      over('A', `max by (cluster, instance) (${ofExporter('tmux_exporter_poll_duration_seconds')})`, '{{instance}}'),
      over(
        'B',
        `max by (cluster, instance) (${ofExporter('tmux_exporter_poll_interval_seconds')})`,
        'interval of {{instance}}',
      ),
    ],
    byQuery: { B: DASHED },
  });
}

function staleness() {
  return timeSeries({
    id: 11,
    title: 'Age of the last poll',
    description:
      'How long ago the last poll of all servers ended. Normally, this is never much longer than the interval.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    levels: [{ from: 60, color: 'red', text: '1 minute', means: 'polls are late' }],
    queries: [over('A', pollAge(), '{{instance}}')],
  });
}

function ticks() {
  const rate = (metric: string) => `sum by (cluster, instance) (rate(${ofExporter(metric)}[$__rate_interval]))`;
  return timeSeries({
    id: 12,
    title: 'Polls of all servers',
    description: 'Polls per second, and polls that were skipped because the one before still ran.',
    unit: units.OpsPerSecond,
    noValue: NO_EXPORTER,
    queries: [
      over('A', rate('tmux_exporter_polls_total'), '{{instance}}'),
      over('B', rate('tmux_exporter_polls_skipped_total'), 'skipped by {{instance}}'),
    ],
  });
}

function failures() {
  return timeSeries({
    id: 13,
    title: 'Failed polls by reason',
    description: 'Polls of single servers that failed. None of them is a death by itself.',
    unit: units.Short,
    noValue: NO_SERVER,
    style: 'bars',
    queries: [over('A', happened(ofServer('tmux_server_poll_failures_total'), 'reason'), '{{reason}}')],
  });
}

function slowest() {
  const poll = ofServer('tmux_server_poll_duration_seconds');
  const longest = `max by (cluster, instance, server) (max_over_time(${poll}[$__range] @ end()))`;
  return timeSeries({
    id: 14,
    title: 'Slowest servers',
    description: 'How long the polls of the ten slowest servers took.',
    unit: units.Seconds,
    noValue: NO_SERVER,
    link: serverOfSeries(),
    queries: [
      over('A', `max by (cluster, instance, server) (${poll}) and topk(10, ${longest})`, '{{server}} on {{instance}}'),
    ],
  });
}

function clients() {
  const rate = (metric: string) => `sum by (command) (rate(${ofExporter(metric)}[$__rate_interval]))`;
  return timeSeries({
    id: 15,
    title: 'Commands on tmux servers',
    description:
      'Commands per second that were run on tmux servers, and those that failed, including those on dead servers.',
    unit: units.OpsPerSecond,
    noValue: NO_EXPORTER,
    queries: [
      over('A', rate('tmux_exporter_tmux_commands_total'), '{{command}}'),
      over('B', rate('tmux_exporter_tmux_command_failures_total'), '{{command}} failed'),
    ],
  });
}

/** Bounds of the histogram that are the same in both exposition formats: a whole number is `1` in one and `1.0` in the other. */
const WITHIN = ['0.01', '0.05', '0.25', '0.5', '2.5', '+Inf'];

function detection() {
  const reportedWithin = (bound: string) =>
    `sum(round(increase(${ofExporter('tmux_exporter_detection_seconds_bucket', `le="${bound}"`)}[$__range])))`;
  return barGauge({
    id: 16,
    title: 'Detection time of deaths',
    description:
      'How many of the deaths in the time shown were reported within which time. Each bar includes the bars above it.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'blue',
    queries: WITHIN.map((bound, at) =>
      now('ABCDEF'.charAt(at), reportedWithin(bound), bound === '+Inf' ? 'all' : `within ${bound} s`),
    ),
  });
}

function reaped() {
  return timeSeries({
    id: 17,
    title: 'Deaths by reason',
    description: 'Servers that were found dead, and why they died.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', happened(ofExporter('tmux_exporter_servers_reaped_total'), 'reason'), '{{reason}}')],
    colors: REASON_SERIES,
  });
}

function watches() {
  return timeSeries({
    id: 18,
    title: 'Death watches',
    description:
      'Death watches now, and watches that were restarted because they ended while their server was alive (bars). The death of a server without a watch is detected only by polling.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    queries: [
      over('A', `sum by (cluster, instance) (${ofExporter('tmux_exporter_watches')})`, '{{instance}}'),
      over('B', happened(ofExporter('tmux_exporter_watch_restarts_total'), 'instance'), 'restarted by {{instance}}'),
    ],
    byQuery: { B: BARS },
  });
}
