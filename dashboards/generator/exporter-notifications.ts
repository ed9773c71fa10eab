import * as units from '@grafana/grafana-foundation-sdk/units';
import { happened } from './expressions.ts';
import type { Band } from './layout.ts';
import { BARS, timeSeries } from './panel/time-series.ts';
import { ofExporter, orNone, over } from './query.ts';

const NO_EXPORTER = 'No exporter was scraped.';
const NOBODY = 'none configured';

/** The panels about notifications: clients of the feed, receivers of web hooks, Alertmanagers. */
export function notifications(): Band[] {
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
    queries: [over('A', `sum by (cluster, instance) (${ofExporter('tmux_exporter_feed_clients')})`, '{{instance}}')],
  });
}

function feedEvents() {
  return timeSeries({
    id: 21,
    title: 'Events sent by the feed',
    description:
      'Events sent to streams, counted once for each stream: live ones by type, and past ones that were replayed.',
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
    title: 'Problems of the feed',
    description:
      'Clients that were disconnected or refused, and streams that could not continue exactly where the client had stopped.',
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
      'Results of the notices for each receiver: delivered, dead after the last attempt, or dropped because too many were waiting.',
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
    description: 'How long the oldest notice for each receiver has been waiting.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    levels: [{ from: 900, color: 'red', text: '15 minutes', means: 'the receiver does not accept its notices' }],
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
      'Messages sent to each receiver, successful or not, and notices that became dead letters (bars). Failed attempts of the message that is tried now (lines).',
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
    description: 'Pushes of all alerts to each Alertmanager, and their results.',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', orNone(pushed, { alertmanager: NOBODY, result: 'nothing' }), '{{alertmanager}}: {{result}}')],
  });
}

function received() {
  return timeSeries({
    id: 27,
    title: 'Alerts received',
    description:
      'Alerts that an Alertmanager sent to this exporter: emitted as events (told), or known already (duplicate).',
    unit: units.Short,
    noValue: NO_EXPORTER,
    style: 'bars',
    queries: [over('A', happened(ofExporter('tmux_exporter_alerts_received_total'), 'result'), '{{result}}')],
  });
}
