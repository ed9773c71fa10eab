import type { GoneReason, ServerState, UnreachableCause } from '../core/server.ts';
import { spanText } from '../core/text.ts';
import { type Html, html } from './html.ts';
import type { ServerJson } from './server-json.ts';

/** The states, the one that asks most for a person first. */
export const STATES_BY_CONCERN: readonly ServerState[] = ['gone', 'unreachable', 'unresponsive', 'pending', 'up'];

const CAUSES: Readonly<Record<UnreachableCause, string>> = {
  socket_lost: 'its socket is lost',
  wedged: 'it refuses connections',
  permission: 'no permission',
  version_mismatch: 'another version of tmux',
};

const REASONS: Readonly<Record<GoneReason, string>> = {
  exited: 'It ended in order',
  crashed: 'It crashed',
  replaced: 'It was replaced',
  rebooted: 'The host was rebooted',
  lost: 'It was found dead',
};

/** A table of servers as they are at `now`, Unix milliseconds. */
export function serverTable(servers: readonly ServerJson[], now: number): Html {
  const rows = servers.toSorted((a, b) => concern(a) - concern(b));
  return html`<div class="scroll" role="region" aria-labelledby="servers" tabindex="0">
<table>
<thead><tr><th scope="col">Server</th><th scope="col">State</th><th scope="col" class="count">Sessions</th><th scope="col" class="count">Windows</th><th scope="col" class="count">Panes</th><th scope="col">Note</th></tr></thead>
<tbody>
${rows.map((server) => rowOf(server, now))}</tbody>
</table>
</div>`;
}

function rowOf(server: ServerJson, now: number): Html {
  return html`<tr>
<th scope="row">${server.name}<code>${server.socket}</code></th>
<td class="since"><span class="state ${server.state}">${server.state}</span><br><span class="soft small">for ${timeSince(server.since, now)}</span></td>
${countCell(server.sessions, 'sessions')}${countCell(server.windows, 'windows')}${countCell(server.panes, 'panes')}
<td class="note">${noteOf(server, now)}</td>
</tr>
`;
}

function countCell(count: number | null, noun: string): Html {
  if (count === null) return html`<td class="count unknown soft"><span aria-label="unknown">–</span></td>`;
  return html`<td class="count" data-noun="${noun}">${count}</td>`;
}

function noteOf({ unreachable, failure, last_death: death }: ServerJson, now: number): readonly Html[] {
  const cause = unreachable ? [html`<p>Alive, but ${CAUSES[unreachable]}.</p>`] : [];
  const problem = failure ? [html`<p>${failure.message}</p>`] : [];
  const died = death ? [html`<p class="soft">${REASONS[death.reason]} ${timeSince(death.at, now)} ago.</p>`] : [];
  return [...cause, ...problem, ...died];
}

function timeSince(time: string, now: number): Html {
  return html`<time datetime="${time}" title="${time}">${spanText((now - Date.parse(time)) / 1000)}</time>`;
}

function concern({ state }: ServerJson): number {
  return STATES_BY_CONCERN.indexOf(state);
}
