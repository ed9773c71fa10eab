import type { FleetHost } from '../../core/fleet/fleet.ts';
import { countText } from '../../core/text.ts';
import { type Html, html } from './html.ts';
import { STATES_BY_CONCERN } from './server-table.ts';
import { timeSince } from './time-since.ts';

/** More hosts without a problem than this are folded. */
const MOST_SHOWN = 12;

/** Whether a host needs a person: it is silent, one of its servers has a problem, or its events do not arrive. */
export function isTroubled({ state, counts, behind }: FleetHost): boolean {
  if (state === 'left') return false;
  return state === 'silent' || behind > 0 || troubledServers(counts) > 0;
}

/** How many of the servers of a host are neither up nor new. */
export function troubledServers({ gone = 0, unreachable = 0, unresponsive = 0 }: FleetHost['counts']): number {
  return gone + unreachable + unresponsive;
}

/** Tables of the hosts at `now`, Unix milliseconds: first those that need a person, the silent ones on top; many others are folded. */
export function hostTables(hosts: readonly FleetHost[], now: number): Html {
  const troubled = hosts.filter(isTroubled).toSorted((a, b) => concern(a) - concern(b));
  const others = hosts.filter((host) => !isTroubled(host));
  if (others.length <= MOST_SHOWN) return tableOf([...troubled, ...others], now, 'hosts');
  return html`${troubled.length === 0 ? '' : tableOf(troubled, now, 'hosts')}
<details id="healthy"><summary id="healthy-summary">${countText(others.length, 'host')} without a problem</summary>
${tableOf(others, now, 'healthy-summary')}
</details>`;
}

function concern({ state, counts }: FleetHost): number {
  if (state === 'silent') return 0;
  return troubledServers(counts) > 0 ? 1 : 2;
}

function tableOf(hosts: readonly FleetHost[], now: number, label: string): Html {
  return html`<div class="scroll" id="${label}-table" role="region" aria-labelledby="${label}" tabindex="0">
<table>
<thead><tr><th scope="col">Host</th><th scope="col">State</th><th scope="col">Servers</th><th scope="col" class="count">Events behind</th></tr></thead>
<tbody>
${hosts.map((host) => rowOf(host, now))}</tbody>
</table>
</div>`;
}

function rowOf(host: FleetHost, now: number): Html {
  const seen = new Date(host.lastSeen).toISOString();
  return html`<tr>
<th scope="row">${nameOf(host)}${host.host === host.name ? '' : html`<span class="soft small">${host.host}</span>`}</th>
<td class="since"><span class="state ${host.state}">${host.state}</span><br><span class="soft small">seen ${timeSince(seen, now)} ago</span></td>
<td class="servers">${serversOf(host)}</td>
<td class="count" data-noun="behind">${host.behind}</td>
</tr>
`;
}

/** A link to the exporter. What a host advertises is not trusted: only the web is linked to. */
function nameOf({ name, advertise }: FleetHost): Html {
  const url = advertise === null ? null : URL.parse(advertise);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return html`${name}`;
  return html`<a href="${url.href}" rel="noreferrer">${name}</a>`;
}

function serversOf({ counts }: FleetHost): Html {
  const present = STATES_BY_CONCERN.filter((state) => (counts[state] ?? 0) > 0);
  if (present.length === 0) return html`<span class="soft">none</span>`;
  return html`${present.map((state) => html`<span class="state ${state}">${counts[state] ?? 0} ${state}</span> `)}`;
}
