import { shownUrl } from '../../core/exporter-url.ts';
import { countText, printable, spanText } from '../../core/text.ts';
import type { SourceStatus } from '../../follow/feed/stream-message.ts';
import type { FollowStatus } from '../../follow/session/follow-status.ts';
import type { Terminal } from '../terminal.ts';

/** Creates the observer that writes the changes in the connection to an address to stderr. A greeting is only shown at a terminal. */
export function statusReporter(url: string, { stderr, isInteractive }: Terminal): (status: FollowStatus) => void {
  let before: FollowStatus['kind'] | null = null;
  return (status) => {
    const line = statusLine(status, shownUrl(url), before === 'interrupted');
    const isGreeting = (status.kind === 'connected' || status.kind === 'standby') && before !== 'interrupted';
    const isNews = before === null || (before === 'standby') !== (status.kind === 'standby');
    if (!isGreeting || (isInteractive && isNews)) stderr(`tmux-exporter watch: ${printable(line)}\n`);
    before = status.kind;
  };
}

function statusLine(status: FollowStatus, url: string, isAgain: boolean): string {
  switch (status.kind) {
    case 'connected':
      return isAgain ? `following ${url} again` : `following ${url}, Ctrl-C ends it`;
    case 'standby':
      return `${url} leads to a feed that is already followed, and is used if the other address fails`;
    case 'interrupted':
      return `${url} cannot be followed (${status.message}): retrying`;
    case 'gap':
      return gapLine(status);
    case 'source':
      return sourceLine(status.source, url);
  }
}

function gapLine({ isFleet, reason, missed }: Extract<FollowStatus, { kind: 'gap' }>): string {
  const whose = isFleet ? 'the fleet' : 'the exporter';
  // The sequence of a fleet has holes: some of the missing may never have been events.
  const limit = isFleet && reason === 'evicted' ? 'at most ' : '';
  if (missed !== null) return `${limit}${countText(missed, 'event')} missed: ${whose} no longer has them (${reason})`;
  return `events may be missing: ${whose} does not know the last handled one (${reason})`;
}

function sourceLine(source: SourceStatus, url: string): string {
  if (source.kind === 'up') return `the bus is read again, through ${url}: what happened meanwhile is not lost`;
  const span = source.seconds ? ` for ${spanText(source.seconds)}` : '';
  return `${url} cannot read its bus${span}: events wait until it can`;
}
