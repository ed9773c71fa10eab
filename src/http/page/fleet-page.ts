import { type FleetHost, HOST_STATES } from '../../core/fleet/fleet.ts';
import { countText } from '../../core/text.ts';
import { deathTable } from './death-table.ts';
import { hostTables, isTroubled, troubledServers } from './host-table.ts';
import { type Html, html } from './html.ts';
import type { ReportedDeath } from './last-deaths.ts';
import { renderLayout } from './layout.ts';
import { liveScript } from './live-script.ts';

/** The content of the landing page of a hub. */
export interface FleetPageContent {
  readonly version: string;
  /** By name. */
  readonly hosts: readonly FleetHost[];
  /** Whether all that the bus held at the start was read. */
  readonly hasRead: boolean;
  /** Whether the bus can be read at present. */
  readonly isUp: boolean;
  /** Newest first. */
  readonly deaths: readonly ReportedDeath[];
  /** The path of the metrics, relative to the page. */
  readonly telemetryPath: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** The script of the page. Routine events of a whole fleet would load it all the time. */
export const FLEET_PAGE_SCRIPT = liveScript('events?severity=warning');

const LINKS = [
  ['events', 'events of all hosts as they happen: server-sent events'],
  ['events?format=ndjson&poll=1&since=1h', 'past events: one JSON object per line'],
  ['api/v1/hosts', 'these hosts, as JSON'],
  ['sd', 'the exporters of these hosts, for the service discovery of Prometheus'],
  ['-/healthy', 'whether the hub is alive'],
  ['-/ready', 'whether it has read the bus yet'],
] as const;

/** Renders the landing page of a hub: the state of every host, the last deaths of the fleet, and links to everything else. */
export function renderFleetPage(content: FleetPageContent): string {
  const { version, hosts, deaths, telemetryPath, now } = content;
  return renderLayout({
    title: titleOf(hosts),
    heading: 'tmux on a fleet',
    version,
    summary: summaryOf(content),
    content: html`<h2 id="hosts">Hosts</h2>
${hosts.length === 0 ? noHosts() : hostTables(hosts, now)}
${deaths.length === 0 ? '' : html`<h2 id="deaths">Last deaths</h2>\n${deathTable(deaths, now)}`}`,
    links: [[telemetryPath.slice(1), 'metrics of the hub, for Prometheus'], ...LINKS],
    script: FLEET_PAGE_SCRIPT,
    now,
  });
}

/** The number of hosts that need a person comes first: a tab shows little more. */
function titleOf(hosts: readonly FleetHost[]): string {
  const troubled = hosts.filter(isTroubled).length;
  return `${troubled === 0 ? '' : `(${troubled}) `}tmux on a fleet`;
}

function summaryOf({ hosts, hasRead, isUp }: FleetPageContent): string {
  if (!hasRead) return `The hosts are not known yet: the bus ${isUp ? 'is still being read' : 'cannot be reached'}.`;
  return `${countsOf(hosts)}${isUp ? '' : ' The bus cannot be read at present, so this may be old.'}`;
}

function countsOf(hosts: readonly FleetHost[]): string {
  if (hosts.length === 0) return 'No host is known.';
  const counts = HOST_STATES.map((state) => [hosts.filter((host) => host.state === state).length, state]);
  const parts = counts.filter(([count]) => count !== 0).map((part) => part.join(' '));
  const troubled = hosts.reduce((sum, host) => sum + troubledServers(host.counts), 0);
  const servers = troubled === 0 ? '' : ` ${countText(troubled, 'server')} with a problem.`;
  return `${countText(hosts.length, 'host')}: ${parts.join(', ')}.${servers}`;
}

function noHosts(): Html {
  return html`<div class="empty">
<p>A host appears here as soon as its exporter publishes to the bus.</p>
<p class="soft">An exporter publishes if its configuration has <code>bus.servers</code>; <code>tmux-exporter bus check</code> tries its key.</p>
</div>`;
}
