import { spanText } from '../../core/text.ts';
import { type Html, html } from './html.ts';

/** How long ago an RFC 3339 time was at `now`, Unix milliseconds; the time itself is shown on hover. */
export function timeSince(time: string, now: number): Html {
  return html`<time datetime="${time}" title="${time}">${spanText((now - Date.parse(time)) / 1000)}</time>`;
}
