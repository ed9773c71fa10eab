import type { Dashboard, DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import {
  agoBySession,
  bySession,
  deaths,
  goneInADay,
  heldBefore,
  lastDeaths,
  livedBefore,
  serverStates,
  serversIn,
  totalOrRecorded,
} from './expressions.ts';
import { hosts } from './fleet-hosts.ts';
import { type Band, place } from './layout.ts';
import { exporterLink, momentOfRow, serverOfRow, serverOfSeries, sessionOfRow, UIDS } from './links.ts';
import { REASON_COLORS, REASON_SERIES, SEVERITIES, STATE_NAMES, unknownAs, zeroAs } from './mapping.ts';
import { barGauge } from './panel/bar-gauge.ts';
import { stat } from './panel/stat.ts';
import { stateTimeline } from './panel/state-timeline.ts';
import { table } from './panel/table.ts';
import { timeSeries } from './panel/time-series.ts';
import { FEW_HOSTS, firing, now, ofExporter, ofServer, orZero, over, recorded, rows } from './query.ts';

const NO_EXPORTER = 'no exporter';
const NO_DEATH = 'No server died in the time shown.';
const TOO_MANY = 'or 100 exporters or more are chosen: choose fewer to see each';

/** Number of steps of the subquery behind the log of deaths. Two deaths of one server within a step are shown as one. */
const DEATH_STEPS = 2000;

/** The dashboard of all servers: what is alive, what died, when, why, and what was lost. */
export function fleet(): Dashboard {
  return dashboard({
    uid: UIDS.fleet,
    title: 'tmux / Fleet',
    description: 'All tmux servers of all exporters: what is alive, what died, when, why, and what was lost.',
    isForMany: true,
    panels: place([numbers(), states(), trouble(), hosts(), sessions(), history()]),
  });
}

function numbers(): Band {
  return {
    height: 4,
    panels: [
      [3, serversUp()],
      [4, notAnswering()],
      [3, gone()],
      [3, total(4, 'Sessions', 'tmux_server_sessions', 'Sessions of all servers that answer.')],
      [3, total(5, 'Windows', 'tmux_server_windows', 'Windows of all servers that answer, each counted once.')],
      [3, total(6, 'Panes', 'tmux_server_panes', 'Panes of all servers that answer.')],
      [3, total(7, 'Clients', 'tmux_server_clients', 'Attached clients: terminals and control clients.')],
      [2, dataAge()],
    ],
  };
}

function serversUp() {
  return stat({
    id: 1,
    title: 'Servers up',
    description: 'Servers that answered the last poll.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'text',
    mappings: zeroAs('none', 'text'),
    levels: [{ from: 1, color: 'green', text: '1', means: 'at least one server answers' }],
    queries: [now('A', orZero(serversIn('up')))],
  });
}

function notAnswering() {
  return stat({
    id: 2,
    title: 'Not answering',
    description:
      'Servers that are alive but do not answer (unresponsive), or that nobody can reach (unreachable: socket lost, permission, version). None of them is dead.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'green',
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'orange', text: '1', means: 'somebody cannot work' }],
    named: true,
    queries: [
      now('A', orZero(serversIn('unresponsive')), 'unresponsive'),
      now('B', orZero(serversIn('unreachable')), 'unreachable'),
    ],
  });
}

function gone() {
  return stat({
    id: 3,
    title: 'Gone in 24 h',
    description:
      'Servers that died in the last 24 hours, including those that are back; their deaths if 100 exporters or more are chosen. Does not depend on the time shown.',
    unit: units.NoUnit,
    noValue: NO_EXPORTER,
    color: 'green',
    mappings: zeroAs('none', 'green'),
    levels: [{ from: 1, color: 'red', text: '1', means: 'a server died; the log says which, when and why' }],
    queries: [now('A', orZero(`count(${goneInADay()}) or sum(${recorded('instance:tmux_server_gone:increase1d')})`))],
  });
}

function total(id: number, title: string, metric: string, description: string) {
  return stat({
    id,
    title,
    description,
    unit: units.Short,
    noValue: NO_EXPORTER,
    color: 'blue',
    mappings: zeroAs('none', 'text'),
    queries: [now('A', orZero(totalOrRecorded(metric)))],
  });
}

function dataAge() {
  return stat({
    id: 8,
    title: 'Data age',
    description: 'How old the data is: how long ago the last poll ended; the oldest of all exporters.',
    unit: units.Seconds,
    noValue: NO_EXPORTER,
    color: 'green',
    decimals: 0,
    levels: [
      { from: 60, color: 'orange', text: '1 minute', means: 'polls are late' },
      { from: 300, color: 'red', text: '5 minutes', means: 'nothing here is current' },
    ],
    link: exporterLink(),
    queries: [
      now('A', `time() - min(${ofExporter('tmux_exporter_poll_last_success_timestamp_seconds')})`, 'oldest poll'),
    ],
  });
}

function states(): Band {
  return {
    height: 9,
    panels: [
      [8, serverTimeline(10, `No server is registered, ${TOO_MANY} server.`, FEW_HOSTS)],
      [16, goneLog()],
    ],
  };
}

/** The state of every server over time. */
export function serverTimeline(id: number, noValue: string, ...matchers: readonly string[]) {
  return stateTimeline({
    id,
    title: 'State of every server',
    description:
      'The state of each server over time. If a bar ends, the server is no longer monitored: it died, or its exporter did. Click a bar to open its server.',
    unit: units.NoUnit,
    noValue,
    mappings: STATE_NAMES,
    link: serverOfSeries(),
    queries: [over('A', serverStates(...matchers), '{{server}} on {{instance}}')],
  });
}

function goneLog() {
  return table({
    id: 11,
    title: 'Gone: when, why, and what it cost',
    description:
      'Every death in the time shown, newest first, with what the server contained at the last scrape before it. If 100 exporters or more are chosen, only the last death of each server, without that. Click the time to see that moment. The exporter has all details: /events?poll=1&type=server-gone.',
    unit: units.NoUnit,
    noValue: NO_DEATH,
    sortBy: 'When',
    maxDataPoints: DEATH_STEPS,
    queries: [
      rows('A', `${deaths(FEW_HOSTS)} or ${lastDeaths()}`),
      rows('B', livedBefore(FEW_HOSTS)),
      rows('C', heldBefore('tmux_server_sessions', FEW_HOSTS)),
      rows('D', heldBefore('tmux_server_panes', FEW_HOSTS)),
    ],
    transformations: [toNumber('when'), shifted('From', '-'), shifted('To', '+')],
    columns: [
      { source: 'when', title: 'When', unit: units.DatetimeISO, width: 175, link: momentOfRow() },
      { source: 'server', title: 'Server', link: momentOfRow() },
      { source: 'reason', title: 'Reason', width: 75, mappings: REASON_COLORS },
      { source: 'cause', title: 'Cause', width: 100 },
      { source: 'Value #B', title: 'Lived', unit: units.Seconds, decimals: 1, width: 85, mappings: UNKNOWN },
      { source: 'Value #C', title: 'Sessions lost', unit: units.NoUnit, width: 110, mappings: UNKNOWN },
      { source: 'Value #D', title: 'Panes lost', unit: units.NoUnit, width: 90, mappings: UNKNOWN },
      { source: 'instance', title: 'Instance', width: 110 },
      { source: 'From', title: 'From', hidden: true },
      { source: 'To', title: 'To', hidden: true },
      { source: 'Value #A', title: null },
    ],
  });
}

const UNKNOWN = [unknownAs('unknown')];

function toNumber(field: string): DataTransformerConfig {
  const conversions = [{ targetField: field, destinationType: 'number' }];
  return { id: 'convertFieldType', options: { conversions, fields: {} } };
}

const QUARTER_OF_AN_HOUR_MS = '900000';

function shifted(alias: string, operator: '-' | '+'): DataTransformerConfig {
  const binary = {
    left: { matcher: { id: 'byName', options: 'when' } },
    operator,
    right: { fixed: QUARTER_OF_AN_HOUR_MS },
  };
  return { id: 'calculateField', options: { mode: 'binary', alias, replaceFields: false, binary } };
}

function trouble(): Band {
  return {
    height: 7,
    panels: [
      [9, firingAlerts()],
      [7, losses()],
      [8, hazards()],
    ],
  };
}

function firingAlerts() {
  return table({
    id: 12,
    title: 'Firing alerts',
    description:
      'Alerts from the rules of tmux-exporter that fire now. Click the server to open it. TmuxExporterAbsent has no instance, so it is not listed here; the numbers above say `no exporter` then.',
    unit: units.NoUnit,
    noValue: 'No alert fires, or Prometheus has no rules of tmux-exporter.',
    sortBy: 'Severity',
    ascending: true,
    queries: [rows('A', `max by (alertname, severity, cluster, instance, server) (${firing()})`)],
    columns: [
      { source: 'severity', title: 'Severity', width: 90, mappings: SEVERITIES },
      { source: 'alertname', title: 'Alert', width: 190 },
      { source: 'server', title: 'Server', link: serverOfRow() },
      { source: 'instance', title: 'Instance' },
      { source: 'Value', title: null },
    ],
  });
}

function losses() {
  return barGauge({
    id: 13,
    title: 'Losses by server and reason',
    description:
      'How often each server died in the time shown, and why. Red reasons page somebody (crashed, rebooted, lost), blue ones only inform (exited, replaced).',
    unit: units.NoUnit,
    noValue: NO_DEATH,
    color: 'text',
    colors: REASON_SERIES,
    maxDataPoints: DEATH_STEPS,
    queries: [
      now(
        'A',
        `sort_desc(count by (cluster, instance, server, reason) (${deaths(FEW_HOSTS)} or ${lastDeaths()}))`,
        '{{reason}}: {{server}} on {{instance}}',
      ),
    ],
  });
}

function hazards() {
  return table({
    id: 14,
    title: 'Hazards of living servers',
    description:
      'Known dangers to living servers, which could end them or cut them off. `tmux-exporter check` names the fix for each.',
    unit: units.NoUnit,
    noValue: 'No known danger to any server.',
    sortBy: 'Server',
    ascending: true,
    queries: [rows('A', `max by (cluster, instance, server, hazard) (${ofServer('tmux_server_hazard')} == 1)`)],
    columns: [
      { source: 'server', title: 'Server', link: serverOfRow() },
      { source: 'hazard', title: 'Hazard' },
      { source: 'instance', title: 'Instance' },
      { source: 'Value', title: null },
    ],
  });
}

function sessions(): Band {
  return { height: 9, panels: [[24, sessionTable()]] };
}

function sessionTable() {
  return table({
    id: 15,
    title: 'Every session',
    description: 'Every session, the longest idle first. Click a session to see its processes.',
    unit: units.NoUnit,
    noValue: `No server has a session, ${TOO_MANY} session.`,
    sortBy: 'Idle',
    queries: [
      rows('A', agoBySession('tmux_session_created_timestamp_seconds', FEW_HOSTS)),
      rows('B', agoBySession('tmux_session_activity_timestamp_seconds', FEW_HOSTS)),
      rows('C', bySession('tmux_session_attached_clients', FEW_HOSTS)),
      rows('D', bySession('tmux_session_windows', FEW_HOSTS)),
      rows('E', bySession('tmux_session_panes', FEW_HOSTS)),
    ],
    columns: [
      { source: 'session', title: 'Session', link: sessionOfRow() },
      { source: 'server', title: 'Server', link: serverOfRow() },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'Age', unit: units.Seconds, decimals: 1, width: 120 },
      { source: 'Value #B', title: 'Idle', unit: units.Seconds, decimals: 1, width: 120, levels: IDLE },
      { source: 'Value #C', title: 'Attached', unit: units.NoUnit, width: 100, mappings: zeroAs('no', 'text') },
      { source: 'Value #D', title: 'Windows', unit: units.NoUnit, width: 100 },
      { source: 'Value #E', title: 'Panes', unit: units.NoUnit, width: 100 },
    ],
  });
}

const IDLE = [
  { from: 86_400, color: 'yellow', text: '1 day', means: 'idle for a day' },
  { from: 259_200, color: 'orange', text: '3 days', means: 'idle for three days, as TmuxSessionIdle has it' },
] as const;

function history(): Band {
  return {
    height: 8,
    panels: [
      [12, serverHistory()],
      [12, objectHistory()],
    ],
  };
}

function serverHistory() {
  return timeSeries({
    id: 16,
    title: 'Servers by state',
    description: 'The number of registered servers in each state.',
    unit: units.Short,
    noValue: 'No server is registered.',
    queries: [
      over(
        'A',
        `sum by (state) (${ofServer('tmux_server_state', FEW_HOSTS)}) or sum by (state) (${recorded('instance:tmux_servers:count')})`,
        '{{state}}',
      ),
    ],
    colors: { pending: 'blue', up: 'green', unresponsive: 'orange', unreachable: 'yellow', gone: 'red' },
  });
}

function objectHistory() {
  const count = (refId: string, metric: string, legend: string) => over(refId, totalOrRecorded(metric), legend);
  return timeSeries({
    id: 17,
    title: 'Sessions, windows, panes and clients',
    description: 'The content of all servers that answered, each object counted once.',
    unit: units.Short,
    noValue: 'No server answers.',
    queries: [
      count('A', 'tmux_server_sessions', 'sessions'),
      count('B', 'tmux_server_windows', 'windows'),
      count('C', 'tmux_server_panes', 'panes'),
      count('D', 'tmux_server_clients', 'clients'),
    ],
  });
}
