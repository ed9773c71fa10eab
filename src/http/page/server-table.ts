import type { Cure } from '../../core/death/cure.ts';
import type { GoneReason, ServerState, UnreachableCause } from '../../core/model/server.ts';
import { countText } from '../../core/text.ts';
import type { ServerJson } from '../server-json.ts';
import { type Html, html } from './html.ts';
import { timeSince } from './time-since.ts';

/** The states, most urgent first. */
export const STATES_BY_CONCERN: readonly ServerState[] = ['gone', 'unreachable', 'unresponsive', 'pending', 'up'];

const CAUSES: Readonly<Record<UnreachableCause, string>> = {
  socket_lost: 'its socket is lost',
  wedged: 'it refuses connections',
  permission: 'no permission',
  version_mismatch: 'another version of tmux',
};

const REASONS: Readonly<Record<GoneReason, string>> = {
  exited: 'It exited normally',
  crashed: 'It crashed',
  replaced: 'It was replaced',
  rebooted: 'The host was rebooted',
  lost: 'It was found dead',
};

/** More healthy servers than this are folded. */
const MOST_SHOWN = 12;

/** Tables of the servers at `now`, Unix milliseconds, most urgent first; many healthy ones are folded. */
export function serverTables(servers: readonly ServerJson[], now: number): Html {
  const rows = servers.toSorted((a, b) => concern(a) - concern(b));
  const healthy = rows.filter(({ state }) => state === 'up');
  if (healthy.length <= MOST_SHOWN) return tableOf(rows, now, 'servers');
  const others = rows.filter(({ state }) => state !== 'up');
  return html`${others.length === 0 ? '' : tableOf(others, now, 'servers')}
<details id="healthy"><summary id="healthy-summary">${countText(healthy.length, 'server')} up</summary>
${tableOf(healthy, now, 'healthy-summary')}
</details>`;
}

function tableOf(servers: readonly ServerJson[], now: number, label: string): Html {
  return html`<div class="scroll" id="${label}-table" role="region" aria-labelledby="${label}" tabindex="0">
<table>
<thead><tr><th scope="col">Server</th><th scope="col">State</th><th scope="col" class="count">Sessions</th><th scope="col" class="count">Windows</th><th scope="col" class="count">Panes</th></tr></thead>
<tbody>
${servers.map((server) => rowOf(server, now))}</tbody>
</table>
</div>`;
}

/** Notes have a row of their own: a command needs the whole width. */
function rowOf(server: ServerJson, now: number): Html {
  const notes = notesOf(server, now);
  return html`<tr>
<th scope="row">${server.name}<code>${server.socket}</code></th>
<td class="since"><span class="state ${server.state}">${server.state}</span><br><span class="soft small">for ${timeSince(server.since, now)}</span></td>
${countCell(server.sessions, 'session')}${countCell(server.windows, 'window')}${countCell(server.panes, 'pane')}
</tr>
${notes.length === 0 ? '' : html`<tr class="more"><td class="note" colspan="5">${notes}</td></tr>\n`}`;
}

function countCell(count: number | null, noun: string): Html {
  if (count === null) return html`<td class="count unknown soft"><span aria-label="unknown">&ndash;</span></td>`;
  return html`<td class="count" data-noun="${count === 1 ? noun : `${noun}s`}">${count}</td>`;
}

function notesOf({ unreachable, cure, failure, last_death: death }: ServerJson, now: number): readonly Html[] {
  const cause = unreachable ? [html`<p>Alive, but ${CAUSES[unreachable]}.</p>`] : [];
  const message =
    cure && failure?.message.endsWith(cure.text) ? failure.message.slice(0, -cure.text.length) : failure?.message;
  const problem = message ? [html`<p>${sentence(message)}</p>`] : [];
  const advice = cure ? [cureOf(cure)] : [];
  const died = death ? [html`<p class="soft">${REASONS[death.reason]} ${timeSince(death.at, now)} ago.</p>`] : [];
  return [...cause, ...problem, ...advice, ...died];
}

/** The command has an element of its own, and a click selects all of it. */
function cureOf({ text, command }: Cure): Html {
  if (command === null) return html`<p>${text}</p>`;
  const [before = '', ...after] = text.split(command);
  return html`${before.trim() === '' ? '' : html`<p>${before}</p>`}<code class="command" tabindex="0">${command}</code><p>${sentence(after.join(command).trim())}</p>`;
}

/** A text that begins as a sentence does. A path, or the name of a program, stays as it is. */
function sentence(text: string): string {
  return /^(?!tmux )[a-z]+ /.test(text) ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text;
}

function concern({ state }: ServerJson): number {
  return STATES_BY_CONCERN.indexOf(state);
}
