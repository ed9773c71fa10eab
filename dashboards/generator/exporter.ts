import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { bus } from './exporter-bus.ts';
import { notifications } from './exporter-notifications.ts';
import { polls } from './exporter-polls.ts';
import { runtime } from './exporter-runtime.ts';
import { exporterTargets, pollAge } from './expressions.ts';
import { type Band, place } from './layout.ts';
import { UIDS } from './links.ts';
import { zeroAs } from './mapping.ts';
import { stat } from './panel/stat.ts';
import { now, ofExporter, ofServer, orZero } from './query.ts';

const NO_EXPORTER = 'no exporter';

/** The dashboard of the exporter itself: whether the other dashboards can be trusted. */
export function exporter(): Dashboard {
  return dashboard({
    uid: UIDS.exporter,
    title: 'tmux / Exporter',
    description:
      'Whether the exporters work: polls, detection of deaths, the feed, web hooks, the store, the process, the bus.',
    hidden: ['session'],
    panels: place([numbers(), ...polls(), ...notifications(), ...runtime(), bus()]),
  });
}

function numbers(): Band {
  return {
    height: 4,
    panels: [
      [3, exportersUp()],
      [3, version()],
      [3, staleness()],
      [3, registered()],
      [3, failedPolls()],
      [3, detection()],
      [3, queue()],
      [3, storeErrors()],
    ],
  };
}

function exportersUp() {
  return stat({
    id: 1,
    title: 'Exporters',
    description: 'Exporters that Prometheus could scrape.',
    unit: units.NoUnit,
    noValue: 'no target',
    color: 'red',
    mappings: zeroAs('none', 'red'),
    levels: [{ from: 1, color: 'green', text: '1', means: 'at least one can be scraped' }],
    queries: [now('A', `sum(${exporterTargets()})`)],
  });
}

function version() {
  return stat({
    id: 2,
    title: 'Version',
    description: 'The version of each exporter.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'blue',
    nameOnly: true,
    queries: [now('A', `count by (version) (${ofExporter('tmux_exporter_build_info')})`, '{{version}}')],
  });
}

function staleness() {
  return stat({
    id: 3,
    title: 'Last poll',
    description: 'How long ago the last poll of all servers ended; the oldest of all exporters.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    color: 'green',
    decimals: 0,
    levels: [
      { from: 60, color: 'orange', text: '1 minute', means: 'polls are late' },
      { from: 300, color: 'red', text: '5 minutes', means: 'nothing is current' },
    ],
    queries: [now('A', `max(${pollAge()})`)],
  });
}

function registered() {
  return stat({
    id: 4,
    title: 'Registered',
    description: 'Servers that the exporters poll, in any state.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    color: 'blue',
    mappings: zeroAs('none', 'text'),
    queries: [now('A', `sum(${ofExporter('tmux_exporter_registered_servers')})`)],
  });
}

function failedPolls() {
  return stat({
    id: 5,
    title: 'Failed polls',
    description:
      'Polls of single servers that failed in the last hour, for any reason. Does not depend on the time shown.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'green',
    decimals: 0,
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'orange', text: '1', means: 'a poll failed; the graph says why' }],
    queries: [now('A', orZero(`sum(increase(${ofServer('tmux_server_poll_failures_total')}[1h]))`))],
  });
}

function detection() {
  const buckets = `sum by (le) (increase(${ofExporter('tmux_exporter_detection_seconds_bucket')}[$__range]))`;
  return stat({
    id: 6,
    title: 'Detection, p99',
    description: 'The time within which 99 of 100 deaths in the time shown were reported.',
    unit: units.Seconds,
    noValue: 'no death',
    color: 'green',
    levels: [
      { from: 1, color: 'orange', text: '1 second', means: 'no death watch reported it' },
      { from: 10, color: 'red', text: '10 seconds', means: 'the exporter was not running, or polls are late' },
    ],
    queries: [now('A', `histogram_quantile(0.99, ${buckets})`)],
  });
}

function queue() {
  return stat({
    id: 7,
    title: 'Hooks waiting',
    description: 'Notices that are not delivered yet.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'green',
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'orange', text: '1', means: 'a notice waits' }],
    queries: [now('A', orZero(`sum(${ofExporter('tmux_exporter_webhook_queue')})`))],
  });
}

function storeErrors() {
  return stat({
    id: 8,
    title: 'Store errors',
    description: 'Failed writes to the store in the last hour. Does not depend on the time shown.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'green',
    decimals: 0,
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'red', text: '1', means: 'events may be lost in a crash now' }],
    queries: [now('A', `sum(increase(${ofExporter('tmux_exporter_store_errors_total')}[1h]))`)],
  });
}
