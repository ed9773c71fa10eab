import { countText } from '../../core/text.ts';
import type { ServerJson } from '../server-json.ts';
import { deathTable } from './death-table.ts';
import { type Html, html } from './html.ts';
import type { ReportedDeath } from './last-deaths.ts';
import { renderLayout } from './layout.ts';
import { liveScript } from './live-script.ts';
import { STATES_BY_CONCERN, serverTables } from './server-table.ts';

/** The content of the landing page. */
export interface PageContent {
  readonly version: string;
  /** Name of the machine. */
  readonly host: string;
  readonly servers: readonly ServerJson[];
  /** Newest first. */
  readonly deaths: readonly ReportedDeath[];
  /** The path of the metrics, relative to the page. */
  readonly telemetryPath: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** The script of the page. */
export const PAGE_SCRIPT = liveScript('events');

const LINKS = [
  ['events', 'events as they happen: server-sent events'],
  ['events?format=ndjson&poll=1&since=all', 'past events: one JSON object per line'],
  ['api/v1/servers', 'these servers, as JSON'],
  ['-/healthy', 'whether the exporter is alive'],
  ['-/ready', 'whether it has polled its servers yet'],
] as const;

/** Renders the landing page: the state of every server, the last deaths, and links to everything else. */
export function renderPage({ version, host, servers, deaths, telemetryPath, now }: PageContent): string {
  return renderLayout({
    title: titleOf(host, servers),
    heading: `tmux on ${host}`,
    version,
    summary: summaryOf(servers),
    content: html`<h2 id="servers">Servers</h2>
${servers.length === 0 ? noServers() : serverTables(servers, now)}
${deaths.length === 0 ? '' : html`<h2 id="deaths">Last deaths</h2>\n${deathTable(deaths, now)}`}`,
    links: [[telemetryPath.slice(1), 'metrics, for Prometheus'], ...LINKS],
    script: PAGE_SCRIPT,
    now,
  });
}

/** The number of servers that need a person comes first: a tab shows little more. */
function titleOf(host: string, servers: readonly ServerJson[]): string {
  const troubled = servers.filter(({ state }) => state !== 'up' && state !== 'pending').length;
  return `${troubled === 0 ? '' : `(${troubled}) `}${host}: tmux servers`;
}

function summaryOf(servers: readonly ServerJson[]): string {
  if (servers.length === 0) return 'No server is registered.';
  const counts = STATES_BY_CONCERN.map((state) => [servers.filter((server) => server.state === state).length, state]);
  const parts = counts.filter(([count]) => count !== 0).map((part) => part.join(' '));
  return `${countText(servers.length, 'server')}: ${parts.join(', ')}.`;
}

function noServers(): Html {
  return html`<div class="empty">
<p>A tmux server appears here as soon as it is started.</p>
<p class="soft">To add a server with a socket in another folder: <code>tmux-exporter servers add NAME /path/of/socket</code></p>
</div>`;
}
