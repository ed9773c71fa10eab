import * as units from '@grafana/grafana-foundation-sdk/units';
import { agoBySession, bySession, cpuBySession, cpuOfTopSessions, memoryOfTopSessions } from './expressions.ts';
import type { Band } from './layout.ts';
import { sessionOfRow } from './links.ts';
import { zeroAs } from './mapping.ts';
import { table } from './panel/table.ts';
import { timeSeries } from './panel/time-series.ts';
import { over, rows } from './query.ts';

const NO_PROCESSES =
  'Nothing is known of the processes: they are read on Linux only, and not with --no-collector.process.';

/** What the sessions of a server use. */
export function sessions(): Band[] {
  return [
    {
      height: 9,
      panels: [
        [12, cpu()],
        [12, memory()],
      ],
    },
    { height: 10, panels: [[24, sessionTable()]] },
  ];
}

function cpu() {
  return timeSeries({
    id: 20,
    title: 'CPU by session: the ten that used most',
    description:
      'What all processes below the panes of a session use. 100 % is one core. The ten are those that used most in all the time shown.',
    unit: units.PercentUnit,
    noValue: NO_PROCESSES,
    figures: ['mean', 'max'],
    queries: [over('A', cpuOfTopSessions(), '{{server}} / {{session}}')],
  });
}

function memory() {
  return timeSeries({
    id: 21,
    title: 'Memory by session: the ten that held most',
    description:
      'Resident memory of all processes below the panes of a session; what they share counts for each of them.',
    unit: units.BytesIEC,
    noValue: NO_PROCESSES,
    figures: ['mean', 'max'],
    queries: [over('A', memoryOfTopSessions(), '{{server}} / {{session}}')],
  });
}

function sessionTable() {
  const waiting = (kind: string) => bySession('tmux_session_alert_windows', `alert="${kind}"`);
  return table({
    id: 22,
    title: 'Sessions and their processes',
    description: 'What each session holds and uses, the busiest first, and which of its windows wait to be looked at.',
    unit: units.NoUnit,
    noValue: 'No server has a session.',
    sortBy: 'CPU',
    queries: [
      rows('A', agoBySession('tmux_session_created_timestamp_seconds')),
      rows('B', agoBySession('tmux_session_activity_timestamp_seconds')),
      rows('C', agoBySession('tmux_session_last_attached_timestamp_seconds')),
      rows('D', bySession('tmux_session_attached_clients')),
      rows('E', bySession('tmux_session_windows')),
      rows('F', waiting('bell')),
      rows('G', waiting('silence')),
      rows('H', waiting('activity')),
      rows('I', cpuBySession()),
      rows('J', bySession('tmux_session_process_resident_memory_bytes')),
      rows('K', bySession('tmux_session_processes')),
      rows('L', bySession('tmux_session_process_threads')),
      rows('M', bySession('tmux_session_process_open_fds')),
    ],
    columns: [
      { source: 'session', title: 'Session', link: sessionOfRow(), width: 150 },
      { source: 'server', title: 'Server' },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'Age', unit: units.Seconds, decimals: 1 },
      { source: 'Value #B', title: 'Idle', unit: units.Seconds, decimals: 1 },
      { source: 'Value #C', title: 'Attached before', unit: units.Seconds, decimals: 1 },
      { source: 'Value #D', title: 'Attached', unit: units.NoUnit, mappings: zeroAs('no', 'text') },
      { source: 'Value #E', title: 'Windows', unit: units.NoUnit },
      { source: 'Value #F', title: 'Bell', unit: units.NoUnit, mappings: zeroAs('no', 'text') },
      { source: 'Value #G', title: 'Silence', unit: units.NoUnit, mappings: zeroAs('no', 'text') },
      { source: 'Value #H', title: 'Activity', unit: units.NoUnit, mappings: zeroAs('no', 'text') },
      { source: 'Value #I', title: 'CPU', unit: units.PercentUnit, decimals: 1 },
      { source: 'Value #J', title: 'Memory', unit: units.BytesIEC, decimals: 1 },
      { source: 'Value #K', title: 'Processes', unit: units.NoUnit },
      { source: 'Value #L', title: 'Threads', unit: units.NoUnit },
      { source: 'Value #M', title: 'Open files', unit: units.NoUnit },
    ],
  });
}
