import { countText, timeText } from '../../core/text.ts';
import type { ServerJson } from '../server-json.ts';
import { deathTable } from './death-table.ts';
import { Html, html } from './html.ts';
import type { ReportedDeath } from './last-deaths.ts';
import { LIVE_SCRIPT } from './live-script.ts';
import { STATES_BY_CONCERN, serverTables } from './server-table.ts';
import { STYLE } from './style.ts';

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

/** Relative, so that a proxy may add a prefix. */
const LINKS = [
  ['events', 'events as they happen: server-sent events'],
  ['events?format=ndjson&poll=1&since=all', 'past events: one JSON object per line'],
  ['api/v1/servers', 'these servers, as JSON'],
  ['-/healthy', 'whether the exporter is alive'],
  ['-/ready', 'whether it has polled its servers yet'],
] as const;

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#17692f"/>' +
    '<path d="M8 3v10M8 8h6" stroke="#fff" stroke-width="1.5"/></svg>',
)}`;

/** Renders the landing page: the state of every server, the last deaths, and links to everything else. */
export function renderPage({ version, host, servers, deaths, telemetryPath, now }: PageContent): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(host, servers)}</title>
<link rel="icon" href="${ICON}">
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>tmux on ${host} <span class="version">tmux-exporter ${version}</span></h1>
<p>${summaryOf(servers)}</p>
<p class="soft small">As of <time datetime="${timeText(now)}">${clockText(now)}</time>. <span id="live">Reload the page for the present state.</span></p>
</header>
<main>
<h2 id="servers">Servers</h2>
${servers.length === 0 ? noServers() : serverTables(servers, now)}
${deaths.length === 0 ? '' : html`<h2 id="deaths">Last deaths</h2>\n${deathTable(deaths, now)}`}
<h2>Endpoints</h2>
<dl>
${[[telemetryPath.slice(1), 'metrics, for Prometheus'] as const, ...LINKS].map(([path, meaning]) => html`<dt><a href="${path}"><code>${path}</code></a></dt><dd>${meaning}</dd>\n`)}</dl>
</main>
<script>${new Html(LIVE_SCRIPT)}</script>
</body>
</html>
`.text;
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

function clockText(unixMs: number): string {
  return `${timeText(unixMs).slice(0, 19).replace('T', ' ')} UTC`;
}
