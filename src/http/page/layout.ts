import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** The frame of a landing page. */
export interface Layout {
  readonly title: string;
  readonly heading: string;
  readonly version: string;
  readonly summary: string;
  /** What the page is about. */
  readonly content: Html;
  /** Paths relative to the page, so that a proxy may add a prefix, and what is there. */
  readonly links: readonly (readonly [path: string, meaning: string])[];
  readonly script: string;
  /** Unix milliseconds. */
  readonly now: number;
}

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#17692f"/>' +
    '<path d="M8 3v10M8 8h6" stroke="#fff" stroke-width="1.5"/></svg>',
)}`;

/** Renders a landing page. */
export function renderLayout({ title, heading, version, summary, content, links, script, now }: Layout): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${heading} <span class="version">tmux-exporter ${version}</span></h1>
<p>${summary}</p>
<p class="soft small">As of <time datetime="${rfc3339(now)}">${clockText(now)}</time>. <span id="live">Reload the page for the present state.</span></p>
</header>
<main>
${content}
<h2>Endpoints</h2>
<dl>
${links.map(([path, meaning]) => html`<dt><a href="${path}"><code>${path}</code></a></dt><dd>${meaning}</dd>\n`)}</dl>
</main>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

function rfc3339(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

function clockText(unixMs: number): string {
  return `${rfc3339(unixMs).slice(0, 19).replace('T', ' ')} UTC`;
}
