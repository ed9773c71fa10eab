import * as units from '@grafana/grafana-foundation-sdk/units';
import { exporterTargets, goneInADay } from './expressions.ts';
import type { Band } from './layout.ts';
import { hostOfRow } from './links.ts';
import { HOST_STATES, SCRAPED, zeroAs } from './mapping.ts';
import { stat } from './panel/stat.ts';
import { table } from './panel/table.ts';
import { FEW_HOSTS, now, ofExporter, ofHubs, ofServer, recorded, rows } from './query.ts';

/** The panels about hosts: those that Prometheus scrapes, and those that the hubs of a fleet know. */
export function hosts(): Band {
  return {
    height: 8,
    panels: [
      [20, hostTable()],
      [4, hostNumbers()],
    ],
  };
}

function hostTable() {
  return table({
    id: 18,
    title: 'Hosts',
    description:
      'Every host: whether its exporter could be scraped, its servers, and its deaths in the last 24 hours. State, last report and missing events are from the hubs of a fleet, for targets that are called as in the fleet. Click a host to see its servers.',
    unit: units.NoUnit,
    noValue: 'Prometheus has no target.',
    sortBy: 'Scrape',
    ascending: true,
    queries: [
      rows('A', `max by (cluster, instance) (${exporterTargets()})`),
      rows('B', serversBy('up')),
      rows('C', serversBy('unresponsive|unreachable')),
      rows('D', deathsToday()),
      rows('E', named(`time() - ${newestReports()}`, 'state')),
      rows('F', named(missingEvents())),
    ],
    columns: [
      { source: 'instance', title: 'Host', link: hostOfRow() },
      { source: 'cluster', title: 'Cluster', width: 90 },
      { source: 'state', title: 'State', width: 90, mappings: HOST_STATES },
      { source: 'Value #A', title: 'Scrape', width: 90, mappings: SCRAPED },
      { source: 'Value #B', title: 'Servers up', unit: units.NoUnit, width: 110 },
      { source: 'Value #C', title: 'Not answering', unit: units.NoUnit, width: 130, levels: PROBLEM },
      { source: 'Value #D', title: 'Deaths today', unit: units.NoUnit, width: 120, levels: DEATH },
      { source: 'Value #E', title: 'Last report', unit: units.Seconds, decimals: 0, width: 110 },
      { source: 'Value #F', title: 'Events missing', unit: units.NoUnit, width: 130, mappings: zeroAs('none', 'text') },
    ],
  });
}

const PROBLEM = [{ from: 1, color: 'orange', text: '1', means: 'a server does not answer' }] as const;
const DEATH = [{ from: 1, color: 'red', text: '1', means: 'a server died' }] as const;

function hostNumbers() {
  return stat({
    id: 19,
    title: 'Hosts of the fleet',
    description:
      'Hosts that report, that have stopped reporting, and that said goodbye, as the hubs of a fleet know them.',
    unit: units.NoUnit,
    noValue: 'no hub',
    color: 'text',
    named: true,
    queries: [now('A', `count by (state) (${newestReports()})`, '{{state}}')],
  });
}

function serversBy(states: string): string {
  const ofStates = `state=~"${states}"`;
  const few = `sum by (cluster, instance) (${ofServer('tmux_server_state', FEW_HOSTS, ofStates)})`;
  const many = `sum by (cluster, instance) (${recorded('instance:tmux_servers:count', ofStates)})`;
  return `${few} or ${many}`;
}

function deathsToday(): string {
  const none = `0 * max by (cluster, instance) (${ofExporter('tmux_exporter_registered_servers', FEW_HOSTS)})`;
  const few = `count by (cluster, instance) (${goneInADay()}) or ${none}`;
  return `${few} or max by (cluster, instance) (${recorded('instance:tmux_server_gone:increase1d')})`;
}

/** A metric of hubs about the chosen hosts. */
function ofHost(metric: string): string {
  return ofHubs(metric, 'host=~"$instance"');
}

/** When each host reported last, with the state by the hub that heard it last: another one may be blind. Hosts of other clusters are left out, as far as Prometheus scrapes them. */
function newestReports(): string {
  const reports = `max by (host, state) (${ofHost('tmux_fleet_host_last_seen_timestamp_seconds')})`;
  return `topk by (host) (1, ${reports} unless on (host) ${hostsOfOtherClusters()})`;
}

function missingEvents(): string {
  const seeing = `${ofHost('tmux_fleet_host_behind_events')} and on (job, instance) ${ofHubs('tmux_fleet_source_up')} == 1`;
  return `min by (host) (${seeing}) unless on (host) ${hostsOfOtherClusters()}`;
}

function hostsOfOtherClusters(): string {
  const others = 'up{cluster!~"$cluster",job=~"$job",instance=~"$instance"}';
  return `label_replace(${others}, "host", "$1", "instance", "(.+)")`;
}

/** Gives series of hosts the label `instance` of their targets. */
function named(expression: string, ...labels: readonly string[]): string {
  return `max by (${['instance', ...labels].join(', ')}) (label_replace(${expression}, "instance", "$1", "host", "(.+)"))`;
}
