import * as units from '@grafana/grafana-foundation-sdk/units';
import { happened } from './expressions.ts';
import type { Section } from './layout.ts';
import { stat } from './panel/stat.ts';
import { BARS, timeSeries } from './panel/time-series.ts';
import { now, ofExporter, ofHubs, over } from './query.ts';

const NO_BUS = 'No exporter publishes to a bus.';
const NO_HUB = 'No hub is scraped.';

/** The panels about the bus and the hubs of a fleet. Most exporters have no bus, so the section is closed. */
export function bus(): Section {
  return {
    id: 40,
    title: 'The bus and the hubs of a fleet',
    collapsed: true,
    bands: [
      {
        height: 8,
        panels: [
          [8, connected()],
          [8, waiting()],
          [8, oldest()],
        ],
      },
      {
        height: 8,
        panels: [
          [8, published()],
          [8, refused()],
          [8, duration()],
        ],
      },
      {
        height: 8,
        panels: [
          [8, hosts()],
          [8, hubs()],
          [8, read()],
        ],
      },
      { height: 8, panels: [[24, trouble()]] },
    ],
  };
}

function connected() {
  return timeSeries({
    id: 41,
    title: 'Exporters on the bus',
    description: 'Exporters that are connected to the bus, and those that should be and are not.',
    unit: units.Short,
    noValue: NO_BUS,
    queries: [
      over('A', `sum(${ofExporter('tmux_exporter_bus_up')})`, 'connected'),
      over('B', `sum(1 - ${ofExporter('tmux_exporter_bus_up')})`, 'not connected'),
    ],
    colors: { connected: 'green', 'not connected': 'red' },
  });
}

function waiting() {
  return timeSeries({
    id: 42,
    title: 'Events that wait for the bus',
    description: 'Events of each exporter that are not published yet. They wait in its history.',
    unit: units.Short,
    noValue: NO_BUS,
    levels: [{ from: 8000, color: 'red', text: '8,000', means: 'from 10,000 on, events are lost for the fleet' }],
    queries: [
      over('A', `max by (cluster, instance) (${ofExporter('tmux_exporter_bus_outbox_events')})`, '{{instance}}'),
    ],
  });
}

function oldest() {
  const age = ofExporter('tmux_exporter_bus_outbox_oldest_seconds');
  return timeSeries({
    id: 43,
    title: 'Age of the oldest event that waits',
    description: 'How long the oldest event of each exporter has waited for the bus.',
    unit: units.Seconds,
    noValue: NO_BUS,
    levels: [{ from: 900, color: 'red', text: '15 minutes', means: 'the bus does not take its events' }],
    queries: [over('A', `max by (cluster, instance) (${age})`, '{{instance}}')],
  });
}

function published() {
  return timeSeries({
    id: 44,
    title: 'Events published',
    description:
      'Events that were stored on the bus, were there already (duplicate), were put back because the bus had lost them (healed), or were skipped.',
    unit: units.Short,
    noValue: NO_BUS,
    style: 'bars',
    queries: [over('A', happened(ofExporter('tmux_exporter_bus_published_total'), 'result'), '{{result}}')],
  });
}

function refused() {
  return timeSeries({
    id: 45,
    title: 'Refusals of the bus',
    description: 'Messages that the bus refused, and why. `name_taken`: another exporter has the same name.',
    unit: units.Short,
    noValue: NO_BUS,
    style: 'bars',
    queries: [over('A', happened(ofExporter('tmux_exporter_bus_refused_total'), 'reason'), '{{reason}}')],
  });
}

function duration() {
  const buckets = `sum by (le) (increase(${ofExporter('tmux_exporter_bus_publish_duration_seconds_bucket')}[$__range]))`;
  const quantile = (share: number) => `histogram_quantile(${share}, ${buckets})`;
  return stat({
    id: 46,
    title: 'Time to publish an event',
    description:
      'How long the bus took to acknowledge an event in the time shown: half of them took less, and 99 of 100.',
    unit: units.Seconds,
    noValue: 'No event was published.',
    color: 'green',
    levels: [
      { from: 1, color: 'orange', text: '1 second', means: 'the bus is slow, for example because of its disks' },
    ],
    named: true,
    queries: [now('A', quantile(0.5), 'median'), now('B', quantile(0.99), 'p99')],
  });
}

function hosts() {
  return timeSeries({
    id: 47,
    title: 'Hosts by state',
    description: 'Hosts of the fleet that report, have stopped reporting, or said goodbye, as each hub knows them.',
    unit: units.Short,
    noValue: NO_HUB,
    queries: [over('A', `max by (instance, state) (${ofHubs('tmux_fleet_hosts')})`, '{{state}} by {{instance}}')],
  });
}

function hubs() {
  return timeSeries({
    id: 48,
    title: 'Delay of the hubs',
    description: 'How far each hub is behind the bus, and hubs that do not see the bus (bars).',
    unit: units.Seconds,
    noValue: NO_HUB,
    queries: [
      over('A', `max by (instance) (${ofHubs('tmux_fleet_source_lag_seconds')})`, '{{instance}}'),
      over('B', `1 - min by (instance) (${ofHubs('tmux_fleet_source_up')})`, '{{instance}} is blind'),
    ],
    byQuery: { B: [...BARS, { id: 'unit', value: units.Short }] },
  });
}

function read() {
  return timeSeries({
    id: 49,
    title: 'Events of the fleet',
    description: 'Events that the hubs have read from the bus, by type. Each hub counts each event.',
    unit: units.Short,
    noValue: NO_HUB,
    style: 'bars',
    queries: [over('A', happened(ofHubs('tmux_fleet_events_total'), 'type'), '{{type}}')],
  });
}

function trouble() {
  return timeSeries({
    id: 50,
    title: 'Problems of the hubs',
    description:
      'Messages that hubs refused because they were forged or broken, events that came twice, and how often a hub had to read the bus through a new connection, with the reason.',
    unit: units.Short,
    noValue: NO_HUB,
    style: 'bars',
    queries: [
      over('A', happened(ofHubs('tmux_fleet_rejected_total'), 'reason'), 'refused: {{reason}}'),
      over('B', happened(ofHubs('tmux_fleet_duplicates_total'), 'instance'), 'came twice to {{instance}}'),
      over('C', happened(ofHubs('tmux_fleet_reopened_total'), 'reason'), 'read anew: {{reason}}'),
    ],
  });
}
