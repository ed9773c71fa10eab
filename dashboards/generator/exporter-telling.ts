import * as units from '@grafana/grafana-foundation-sdk/units';
import { happened } from './expressions.ts';
import type { Band } from './layout.ts';
import { BARS, timeSeries } from './panel/time-series.ts';
import { ofExporter, orNone, over } from './query.ts';

const NO_EXPORTER = 'No exporter was scraped.';
const NOBODY = 'none configured';

/** Who is told: the clients of the feed, the receivers of the web hook, the Alertmanagers. */
export function telling(): Band[] {
  return [
    {
      height: 8,
      panels: [
        [8, feedClients()],
        [8, feedEvents()],
        [8, feedTrouble()],
      ],
    },
    {
      height: 8,
      panels: [
        [8, deliveries()],
        [8, waiting()],
        [8, attempts()],
      ],
    },
    {
      height: 8,
      panels: [
        [12, pushes()],
        [12, received()],
      ],
    },
  ];
}

function feedClients() {
  return timeSeries({
    id: 20,
    title: 'Clients of the feed',
    description: 'Open streams of /events.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    queries: [over('A', `sum by (instance) (${ofExporter('tmux_exporter_feed_clients')})`, '{{instance}}')],
  });
}

function feedEvents() {
  return timeSeries({
    id: 21,
    title: 'Events told by the feed',
    description: 'Events sent to streams, once for each stream: live ones by type, and past ones that were replayed.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [
      over('A', happened(ofExporter('tmux_exporter_feed_events_total'), 'type'), '{{type}}'),
      over('B', happened(ofExporter('tmux_exporter_feed_replayed_total'), 'instance'), 'replayed by {{instance}}'),
    ],
  });
}

function feedTrouble() {
  return timeSeries({
    id: 22,
    title: 'Trouble of the feed',
    description:
      'Clients that were cut off or not let in, and streams that could not go on exactly where the client had stopped.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [
      over('A', happened(ofExporter('tmux_exporter_feed_dropped_total'), 'reason'), 'dropped: {{reason}}'),
      over('B', happened(ofExporter('tmux_exporter_feed_gaps_total'), 'reason'), 'gap: {{reason}}'),
    ],
  });
}

function deliveries() {
  const settled = happened(ofExporter('tmux_exporter_webhook_deliveries_total'), 'receiver', 'result');
  return timeSeries({
    id: 23,
    title: 'Web hook: notices delivered and given up',
    description:
      'What became of the notices for each receiver: delivered, dead after the last attempt, or dropped because too many waited.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', orNone(settled, { receiver: NOBODY, result: 'nothing' }), '{{receiver}}: {{result}}')],
  });
}

function waiting() {
  const oldest = `max by (receiver) (${ofExporter('tmux_exporter_webhook_oldest_seconds')})`;
  return timeSeries({
    id: 24,
    title: 'Web hook: age of the oldest notice waiting',
    description: 'How long the oldest notice for each receiver has waited to be delivered.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    levels: [{ from: 900, color: 'red', text: '15 minutes', means: 'the receiver does not take what it is sent' }],
    queries: [over('A', orNone(oldest, { receiver: NOBODY }), '{{receiver}}')],
  });
}

function attempts() {
  const sent = happened(ofExporter('tmux_exporter_webhook_attempts_total'), 'receiver');
  const dead = happened(ofExporter('tmux_exporter_webhook_dead_total'), 'receiver');
  const failed = `max by (receiver) (${ofExporter('tmux_exporter_webhook_failed_attempts')})`;
  return timeSeries({
    id: 25,
    title: 'Web hook: attempts and dead letters',
    description:
      'Messages sent to each receiver, whatever came of it, and notices that became dead letters (bars); and how often the message that is tried now has failed (lines).',
    unit: units.Short,
    noValue: NO_EXPORTER,
    queries: [
      over('A', orNone(sent, { receiver: NOBODY }), 'sent to {{receiver}}'),
      over('B', orNone(dead, { receiver: NOBODY }), 'dead: {{receiver}}'),
      over('C', orNone(failed, { receiver: NOBODY }), 'failed now: {{receiver}}'),
    ],
    byQuery: { A: BARS, B: BARS },
  });
}

function pushes() {
  const pushed = happened(ofExporter('tmux_exporter_alertmanager_pushes_total'), 'alertmanager', 'result');
  return timeSeries({
    id: 26,
    title: 'Pushes to Alertmanagers',
    description: 'Pushes of all alerts to each Alertmanager, and how they ended.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', orNone(pushed, { alertmanager: NOBODY, result: 'nothing' }), '{{alertmanager}}: {{result}}')],
  });
}

function received() {
  return timeSeries({
    id: 27,
    title: 'Alerts taken in',
    description: 'Alerts that an Alertmanager sent to this exporter: told in the feed, or known already.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', happened(ofExporter('tmux_exporter_alerts_received_total'), 'result'), '{{result}}')],
  });
}
