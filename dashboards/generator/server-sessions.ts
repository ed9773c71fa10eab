import * as units from '@grafana/grafana-foundation-sdk/units';
import { agoBySession, bySession, cpuBySession, cpuOfTopSessions, memoryOfTopSessions } from './expressions.ts';
import type { Band } from './layout.ts';
import { sessionOfRow } from './links.ts';
import { zeroAs } from './mapping.ts';
import { table } from './panel/table.ts';
import { timeSeries } from './panel/time-series.ts';
import { over, rows } from './query.ts';

const NO_PROCESSES = 'No data about processes: they are read only on Linux, and not with --no-collector.process.';

/** The panels about CPU, memory and processes of sessions. */
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
      'CPU of all processes in the panes of a session. 100 % is one core. Shown are the ten sessions that used most over the whole time shown.',
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
    description: 'Resident memory of all processes in the panes of a session. Shared memory counts once per process.',
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
    description:
      'What each session contains and uses, busiest first, and how many of its windows have an unseen alert.',
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
      { source: 'Value #C', title: 'Last attached', unit: units.Seconds, decimals: 1 },
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
