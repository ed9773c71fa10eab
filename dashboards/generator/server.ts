import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { goneInRange, happened, serverStates } from './expressions.ts';
import { serverTimeline } from './fleet.ts';
import { type Band, place } from './layout.ts';
import { serverOfRow, UIDS } from './links.ts';
import { REASON_SERIES, STATE_NAMES, zeroAs } from './mapping.ts';
import { stat } from './panel/stat.ts';
import { table } from './panel/table.ts';
import { timeSeries } from './panel/time-series.ts';
import { now, ofServer, ofSession, orZero, over, rows } from './query.ts';
import { details } from './server-details.ts';
import { sessions } from './server-sessions.ts';

const NO_SERVER = 'no server';

/** The dashboard of one server, or of a few: its state over time, and its content. */
export function server(): Dashboard {
  return dashboard({
    uid: UIDS.server,
    title: 'tmux / Server',
    description: 'The state of a tmux server over time, what is in it, and what its sessions use.',
    panels: place([numbers(), timeline(), servers(), overTime(), attention(), ...sessions(), details()]),
  });
}

function numbers(): Band {
  return {
    height: 4,
    panels: [
      [4, state()],
      [4, uptime()],
      [4, availability()],
      [3, deathsInRange()],
      [3, sessionCount()],
      [3, waiting()],
      [3, deadPanes()],
    ],
  };
}

function state() {
  return stat({
    id: 1,
    title: 'State',
    description: 'The state of the server. If several are chosen, the worst.',
    unit: units.NoUnit,
    noValue: NO_SERVER,
    color: 'text',
    mappings: STATE_NAMES,
    queries: [now('A', `max(${serverStates()})`)],
  });
}

function uptime() {
  return stat({
    id: 2,
    title: 'Uptime',
    description: 'How long the server has run. If several are chosen, the one that was started last.',
    unit: units.Seconds,
    noValue: 'not running',
    color: 'blue',
    decimals: 1,
    queries: [now('A', `time() - max(${ofServer('tmux_server_start_time_seconds')})`)],
  });
}

function availability() {
  return stat({
    id: 3,
    title: 'Availability',
    description:
      'The share of polls in the time shown that the server answered, while it was registered. If several are chosen, the mean.',
    unit: units.PercentUnit,
    noValue: NO_SERVER,
    color: 'red',
    decimals: 2,
    levels: [
      { from: 0.95, color: 'orange', text: '95 %', means: 'it was away for a while' },
      { from: 0.999, color: 'green', text: '99.9 %', means: 'it answered all but always' },
    ],
    queries: [now('A', `avg(avg_over_time(${ofServer('tmux_server_up')}[$__range]))`)],
  });
}

function deathsInRange() {
  return stat({
    id: 4,
    title: 'Deaths',
    description: 'How often the server died in the time shown.',
    unit: units.NoUnit,
    noValue: NO_SERVER,
    color: 'green',
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'red', text: '1', means: 'it died; the marks on the graphs say when' }],
    maxDataPoints: 2000,
    queries: [now('A', orZero(goneInRange()))],
  });
}

function sessionCount() {
  return stat({
    id: 5,
    title: 'Sessions',
    description: 'Sessions, and sessions that a client is attached to.',
    unit: units.Short,
    noValue: NO_SERVER,
    color: 'blue',
    mappings: zeroAs('none', 'text'),
    named: true,
    queries: [
      now('A', `sum(${ofServer('tmux_server_sessions')})`, 'all'),
      now('B', `sum(${ofServer('tmux_server_attached_sessions')})`, 'attached'),
    ],
  });
}

function waiting() {
  return stat({
    id: 6,
    title: 'Waiting',
    description:
      'Windows with a bell or silence alert that nobody has seen yet: a program there wants attention. A window that is linked into two sessions counts twice.',
    unit: units.NoUnit,
    noValue: NO_SERVER,
    color: 'green',
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'orange', text: '1', means: 'somebody is waited for' }],
    queries: [now('A', `sum(${ofSession('tmux_session_alert_windows', 'alert=~"bell|silence"')})`)],
  });
}

function deadPanes() {
  return stat({
    id: 7,
    title: 'Dead panes',
    description: 'Panes whose process has ended, kept by remain-on-exit.',
    unit: units.NoUnit,
    noValue: NO_SERVER,
    color: 'green',
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'orange', text: '1', means: 'something ended that was to go on' }],
    queries: [now('A', `sum(${ofServer('tmux_server_dead_panes')})`)],
  });
}

function timeline(): Band {
  return { height: 6, panels: [[24, serverTimeline(10, 'No server is registered.')]] };
}

function servers(): Band {
  return { height: 6, panels: [[24, serverTable()]] };
}

function serverTable() {
  const latest = (metric: string) => `max by (cluster, instance, server) (${ofServer(metric)})`;
  return table({
    id: 11,
    title: 'Servers',
    description: 'Each chosen server with its state, and its availability in the time shown.',
    unit: units.NoUnit,
    noValue: 'No server is registered.',
    sortBy: 'State',
    queries: [
      rows('A', serverStates()),
      rows('B', `time() - ${latest('tmux_server_start_time_seconds')}`),
      rows('C', `avg by (cluster, instance, server) (avg_over_time(${ofServer('tmux_server_up')}[$__range]))`),
      rows('D', `time() - ${latest('tmux_server_last_seen_timestamp_seconds')}`),
      rows('E', latest('tmux_server_sessions')),
      rows('F', `sum by (cluster, instance, server) (${ofServer('tmux_server_clients')})`),
      rows('G', `max by (cluster, instance, server, version, registration) (${ofServer('tmux_server_info')})`),
    ],
    columns: [
      { source: 'server', title: 'Server', link: serverOfRow() },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'State', mappings: STATE_NAMES, width: 120 },
      { source: 'Value #B', title: 'Uptime', unit: units.Seconds, decimals: 1 },
      { source: 'Value #C', title: 'Availability', unit: units.PercentUnit, decimals: 2 },
      { source: 'Value #D', title: 'Last answer', unit: units.Seconds, decimals: 0 },
      { source: 'Value #E', title: 'Sessions', unit: units.NoUnit },
      { source: 'Value #F', title: 'Clients', unit: units.NoUnit },
      { source: 'version', title: 'Version' },
      { source: 'registration', title: 'Registration' },
      { source: 'Value #G', title: null },
    ],
  });
}

function overTime(): Band {
  return {
    height: 8,
    panels: [
      [12, sessionHistory()],
      [12, clientHistory()],
    ],
  };
}

function sessionHistory() {
  return timeSeries({
    id: 12,
    title: 'Sessions over time',
    description: 'Sessions of each server, while it answered. If a line ends at a mark, the server died.',
    unit: units.Short,
    noValue: 'No server answers.',
    queries: [
      over(
        'A',
        `max by (cluster, instance, server) (${ofServer('tmux_server_sessions')})`,
        '{{server}} on {{instance}}',
      ),
    ],
  });
}

function clientHistory() {
  return timeSeries({
    id: 13,
    title: 'Attached clients',
    description: 'Attached terminals and control clients.',
    unit: units.Short,
    noValue: 'No server answers.',
    queries: [over('A', `sum by (kind) (${ofServer('tmux_server_clients')})`, '{{kind}}')],
  });
}

function attention(): Band {
  return {
    height: 8,
    panels: [
      [8, waitingHistory()],
      [8, deadPaneHistory()],
      [8, deathHistory()],
    ],
  };
}

function waitingHistory() {
  return timeSeries({
    id: 14,
    title: 'Windows waiting with bell or silence',
    description: 'Windows with an alert that nobody had seen yet, by kind.',
    unit: units.Short,
    noValue: 'No server answers.',
    queries: [
      over('A', `sum by (alert) (${ofSession('tmux_session_alert_windows', 'alert=~"bell|silence"')})`, '{{alert}}'),
    ],
  });
}

function deadPaneHistory() {
  return timeSeries({
    id: 15,
    title: 'Dead panes over time',
    description: 'Panes whose process had ended, by server.',
    unit: units.Short,
    noValue: 'No server answers.',
    queries: [
      over(
        'A',
        `max by (cluster, instance, server) (${ofServer('tmux_server_dead_panes')})`,
        '{{server}} on {{instance}}',
      ),
    ],
  });
}

function deathHistory() {
  return timeSeries({
    id: 16,
    title: 'Deaths by reason',
    description: 'When the chosen servers died, and why.',
    unit: units.Short,
    noValue: 'No server is registered.',
    style: 'bars',
    queries: [over('A', happened(ofServer('tmux_server_gone_total'), 'reason'), '{{reason}}')],
    colors: REASON_SERIES,
  });
}
