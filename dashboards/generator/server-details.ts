import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Section } from './layout.ts';
import { YES_NO, zeroAs } from './mapping.ts';
import { table } from './panel/table.ts';
import { timeSeries } from './panel/time-series.ts';
import { ofServer, ofSession, over, rows } from './query.ts';

/** The panels with every window, pane and client. These collectors are off by default, so the section is closed. */
export function details(): Section {
  return {
    id: 30,
    title: 'Windows, panes and clients (each switched on by a flag)',
    collapsed: true,
    bands: [
      { height: 9, panels: [[24, windows()]] },
      { height: 10, panels: [[24, panes()]] },
      {
        height: 9,
        panels: [
          [12, paneCpu()],
          [12, paneMemory()],
        ],
      },
      { height: 7, panels: [[24, clients()]] },
    ],
  };
}

/** The values of an object, joined with the names from its info metric. */
function named(info: string, key: string, value: string): string {
  return `${info} * on (cluster, job, instance, server, ${key}) group_left () (${value})`;
}

const WINDOW = 'cluster, instance, server, session, window_id, window_index, window';
const PANE = 'cluster, instance, server, session, pane_id, command, path, title';

function ofWindow(value: string): string {
  return `max by (${WINDOW}) (${named(ofSession('tmux_window_info'), 'window_id', value)})`;
}

function ofPane(value: string): string {
  return `max by (${PANE}) (${named(ofSession('tmux_pane_info'), 'pane_id', value)})`;
}

function windows() {
  return table({
    id: 31,
    title: 'Windows',
    description: 'Every window, the longest idle first.',
    unit: units.NoUnit,
    noValue: 'Windows are not exposed: switch them on with --collector.window.',
    sortBy: 'Idle',
    queries: [
      rows('A', ofWindow(ofServer('tmux_window_panes'))),
      rows('B', ofWindow(`time() - ${ofServer('tmux_window_activity_timestamp_seconds')}`)),
      rows('C', ofWindow(ofServer('tmux_window_active_clients'))),
      rows('D', ofWindow(`sum without (alert) (${ofServer('tmux_window_alert')})`)),
    ],
    columns: [
      { source: 'server', title: 'Server' },
      { source: 'session', title: 'Session' },
      { source: 'window_index', title: 'Index', width: 80 },
      { source: 'window', title: 'Window' },
      { source: 'window_id', title: 'Id', width: 80 },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'Panes', unit: units.NoUnit },
      { source: 'Value #B', title: 'Idle', unit: units.Seconds, decimals: 1 },
      { source: 'Value #C', title: 'Shown by', unit: units.NoUnit, mappings: zeroAs('nobody', 'text') },
      { source: 'Value #D', title: 'Alerts', unit: units.NoUnit, mappings: zeroAs('none', 'text') },
    ],
  });
}

function panes() {
  const history = `${ofServer('tmux_pane_history_lines')} / ${ofServer('tmux_pane_history_limit_lines')}`;
  return table({
    id: 32,
    title: 'Panes',
    description: 'Every pane, dead ones first: what runs in it, how it ended, and how full its history is.',
    unit: units.NoUnit,
    noValue: 'Panes are not exposed: switch them on with --collector.pane.',
    sortBy: 'Dead',
    queries: [
      rows('A', ofPane(ofServer('tmux_pane_dead'))),
      rows('B', ofPane(ofServer('tmux_pane_exit_status'))),
      rows('C', ofPane(ofServer('tmux_pane_exit_signal'))),
      rows('D', ofPane(ofServer('tmux_pane_in_mode'))),
      rows('E', ofPane(history)),
      rows('F', ofPane(ofServer('tmux_pane_processes'))),
      rows('G', ofPane(ofServer('tmux_pane_process_threads'))),
      rows('H', ofPane(ofServer('tmux_pane_process_open_fds'))),
    ],
    columns: [
      { source: 'server', title: 'Server' },
      { source: 'session', title: 'Session' },
      { source: 'pane_id', title: 'Pane', width: 70 },
      { source: 'command', title: 'Command' },
      { source: 'path', title: 'Path' },
      { source: 'title', title: 'Title' },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'Dead', width: 70, mappings: YES_NO },
      { source: 'Value #B', title: 'Exit status', width: 100 },
      { source: 'Value #C', title: 'Signal', width: 80 },
      { source: 'Value #D', title: 'In mode', width: 80, mappings: YES_NO },
      { source: 'Value #E', title: 'History full', unit: units.PercentUnit, decimals: 1 },
      { source: 'Value #F', title: 'Processes', unit: units.NoUnit },
      { source: 'Value #G', title: 'Threads', unit: units.NoUnit },
      { source: 'Value #H', title: 'Open files', unit: units.NoUnit },
    ],
  });
}

const NO_PANE_PROCESSES =
  'The processes of panes are not exposed: switch them on with --collector.pane-process (Linux).';

function paneCpu() {
  const used = `sum by (cluster, instance, server, pane_id) (rate(${ofServer('tmux_pane_process_cpu_seconds_total')}[$__rate_interval]))`;
  const all = `sum by (cluster, instance, server, pane_id) (increase(${ofServer('tmux_pane_process_cpu_seconds_total')}[$__range] @ end()))`;
  return timeSeries({
    id: 33,
    title: 'CPU by pane: the ten that used most',
    description: 'CPU of all processes in a pane. 100 % is one core.',
    unit: units.PercentUnit,
    noValue: NO_PANE_PROCESSES,
    figures: ['mean', 'max'],
    queries: [over('A', `${used} and topk(10, ${all})`, '{{server}} / {{pane_id}}')],
  });
}

function paneMemory() {
  const held = `max by (cluster, instance, server, pane_id) (${ofServer('tmux_pane_process_resident_memory_bytes')})`;
  const most = `max by (cluster, instance, server, pane_id) (max_over_time(${ofServer('tmux_pane_process_resident_memory_bytes')}[$__range] @ end()))`;
  return timeSeries({
    id: 34,
    title: 'Memory by pane: the ten that held most',
    description: 'Resident memory of all processes in a pane.',
    unit: units.BytesIEC,
    noValue: NO_PANE_PROCESSES,
    figures: ['mean', 'max'],
    queries: [over('A', `${held} and topk(10, ${most})`, '{{server}} / {{pane_id}}')],
  });
}

function clients() {
  const of = (value: string) => {
    const joined = `${ofSession('tmux_client_info')} * on (job, instance, server, client) group_left () (${value})`;
    return `max by (cluster, instance, server, client, session, kind, term) (${joined})`;
  };
  const rate = (metric: string) => `rate(${ofServer(metric)}[$__rate_interval])`;
  return table({
    id: 35,
    title: 'Clients',
    description: 'Every attached client, the longest idle first. tmux discards output for clients that are too slow.',
    unit: units.NoUnit,
    noValue: 'Clients are not exposed, or none is attached: switch them on with --collector.client.',
    sortBy: 'Idle',
    queries: [
      rows('A', of(`time() - ${ofServer('tmux_client_created_timestamp_seconds')}`)),
      rows('B', of(`time() - ${ofServer('tmux_client_activity_timestamp_seconds')}`)),
      rows('C', of(rate('tmux_client_written_bytes_total'))),
      rows('D', of(rate('tmux_client_discarded_bytes_total'))),
    ],
    columns: [
      { source: 'client', title: 'Client' },
      { source: 'server', title: 'Server' },
      { source: 'session', title: 'Session' },
      { source: 'kind', title: 'Kind' },
      { source: 'term', title: 'Terminal' },
      { source: 'instance', title: 'Instance' },
      { source: 'Value #A', title: 'Attached for', unit: units.Seconds, decimals: 1 },
      { source: 'Value #B', title: 'Idle', unit: units.Seconds, decimals: 1 },
      { source: 'Value #C', title: 'Written', unit: units.BytesPerSecondIEC },
      { source: 'Value #D', title: 'Discarded', unit: units.BytesPerSecondIEC },
    ],
  });
}
