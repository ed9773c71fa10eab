import { countText, listText, spanText } from '../../core/text.ts';
import { asOfText, CAUSE_TEXT, contentText } from '../../core/wording/wording.ts';
import { type Html, html } from './html.ts';
import type { ReportedDeath } from './last-deaths.ts';
import { timeSince } from './time-since.ts';

/** A table of deaths, newest first, at `now`, Unix milliseconds. */
export function deathTable(deaths: readonly ReportedDeath[], now: number): Html {
  const isFleet = deaths.some(({ name }) => name !== null);
  return html`<div class="scroll" id="death-table" role="region" aria-labelledby="deaths" tabindex="0">
<table>
<thead><tr><th scope="col">${isFleet ? 'Host and server' : 'Server'}</th><th scope="col">When</th><th scope="col">Reason and cause</th><th scope="col">Lost</th></tr></thead>
<tbody>
${deaths.map((death) => rowOf(death, now))}</tbody>
</table>
</div>`;
}

function rowOf({ name, gone, explanation }: ReportedDeath, now: number): Html {
  return html`<tr>
<th scope="row">${name === null ? '' : html`${name} `}${gone.server?.name ?? ''}</th>
<td class="when">${timeSince(gone.time, now)} ago</td>
<td class="note"><p><span class="state ${gone.severity}">${gone.reason}</span>${causeText(gone, explanation)}</p>${explanation ? html`<p class="soft small">${explanation.evidence}</p>` : ''}</td>
<td class="note">${lossOf(gone)}</td>
</tr>
`;
}

function causeText(gone: ReportedDeath['gone'], explanation: ReportedDeath['explanation']): string {
  const { cause } = explanation ?? gone;
  return cause === 'unknown' ? '' : `: ${CAUSE_TEXT[cause] ?? cause}`;
}

function lossOf({ lost, uptime_seconds: uptime, detected_at: detectedAt }: ReportedDeath['gone']): readonly Html[] {
  const up = uptime === null ? [] : [html`<p class="soft small">Was up ${spanText(uptime)}</p>`];
  if (lost === null) return [html`<p class="soft">Not known</p>`, ...up];
  const names = lost.sessions === 0 ? '' : `: ${listText(lost.session_names, lost.sessions)}`;
  const running = lost.commands.length === 0 ? '' : `; running: ${listText(lost.commands)}`;
  const content = lost.sessions === 0 ? countText(0, 'session') : contentText(lost);
  const asOf = lost.as_of < detectedAt ? [html`<p class="soft small">${asOfText(lost)}</p>`] : [];
  return [html`<p>${content}${names}${running}</p>`, ...asOf, ...up];
}
