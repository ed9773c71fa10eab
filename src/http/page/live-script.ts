import { EVENT_TYPES } from '../../core/event/event.ts';

/** The messages after which the page is loaded again: every event, and the snapshot that opens a stream after a gap. */
const TYPES = JSON.stringify(['snapshot', ...EVENT_TYPES]);

/**
 * Makes the script of the landing page: it follows the feed and replaces the page's content after an event. The server renders it, as
 * for a reader without scripts. A hidden tab keeps no stream, because browsers allow six connections per host. While text is
 * selected nothing is replaced, so that a command can be copied. `feed` is the path of the feed.
 */
export function liveScript(feed: string): string {
  return `
'use strict';
let source, retry, wanted, busy;
const say = (text) => { document.getElementById('live').textContent = text; };
const sayState = () => say(source?.readyState === EventSource.OPEN ? 'Live.' : 'Not connected, trying again: this may be old.');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function refresh() {
  wanted = true;
  if (busy) return;
  busy = true;
  for (let ms = 200; wanted && !document.hidden;) {
    await pause(ms);
    ms = 1000;
    if (!getSelection().isCollapsed) { say('Paused: text is selected.'); continue; }
    wanted = false;
    await load().then(replace).catch(() => { wanted = true; });
    sayState();
  }
  busy = false;
}
async function load() {
  const response = await fetch(location.pathname, { cache: 'no-store', signal: AbortSignal.timeout(10000) });
  if (!response.ok) throw new Error(response.statusText);
  return response.text();
}
const keyOf = ({ id, href, textContent }) => id || href || textContent;
function replace(text) {
  const next = new DOMParser().parseFromString(text, 'text/html');
  if (!next.getElementById('live')) throw new Error('not our page');
  const focused = document.activeElement;
  const focus = focused === document.body ? '' : keyOf(focused);
  const kept = [...document.querySelectorAll('main [id]')].map(({ id, open, scrollLeft }) => ({ id, open, scrollLeft }));
  document.title = next.title;
  for (const part of ['header', 'main']) document.querySelector(part).replaceWith(next.querySelector(part));
  for (const { id, open, scrollLeft } of kept) {
    const element = document.getElementById(id);
    if (element) element.scrollLeft = scrollLeft;
    if (element && open) element.open = true;
  }
  if (focus) [...document.querySelectorAll('a, summary, [tabindex]')].find((next) => keyOf(next) === focus)?.focus({ preventScroll: true });
}
function follow() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource('${feed}');
  source.onopen = () => { sayState(); refresh(); };
  source.onerror = () => {
    sayState();
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(follow, 5000);
  };
  for (const type of ${TYPES}) source.addEventListener(type, refresh);
}
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return follow();
  clearTimeout(retry);
  source.close();
});
setInterval(() => { if (source?.readyState === EventSource.OPEN) refresh(); }, 30000);
if (!document.hidden) follow();
`;
}
