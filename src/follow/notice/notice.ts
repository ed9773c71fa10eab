import { SEVERITIES, type Severity } from '../../core/event/event.ts';
import { countText, listText, printable, shorten, timeText } from '../../core/text.ts';
import { loneTitle } from '../../core/wording/wording.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import type { KnownServer } from '../feed/known-server.ts';

/** A notice as people see it: each text is one line, and safe in a terminal. */
export interface Notice {
  readonly severity: Severity;
  /** RFC 3339. */
  readonly time: string;
  readonly type: string;
  /** Name of the machine; null if it is not known, or if there are several. */
  readonly host: string | null;
  /** Name of the server; null if it is about none, or about several. */
  readonly server: string | null;
  /** Socket of the server, not escaped; null if it is about none, or about several. */
  readonly socket: string | null;
  readonly title: string;
  /** Further lines; empty if the title says everything. */
  readonly body: readonly string[];
}

const LONGEST_TITLE = 300;
const LONGEST_BODY = 1_000;

/** Number of titles that a summary repeats. */
const SUMMARY_TITLES = 10;

/** Makes the notice of an event. Its title begins with `machine`, unless that is null. */
export function noticeOf(event: FollowedEvent, machine: string | null): Notice {
  const { severity, time, type, host, server, title, body } = event;
  return {
    severity,
    time,
    type: printable(type),
    host,
    server: server && printable(server.name),
    socket: server?.socket ?? null,
    title: onOneLine(machine === null ? title : `${machine}: ${title}`, LONGEST_TITLE),
    body: body === '' ? [] : [onOneLine(body, LONGEST_BODY)],
  };
}

/** Makes one notice from many: the number of each type, and the titles of the most severe. */
export function summaryOf(notices: readonly Notice[]): Notice {
  const bySeverity = [...notices].sort((a, b) => severityOf(b) - severityOf(a));
  const kinds = new Map<string, number>();
  for (const { type } of bySeverity) kinds.set(type, (kinds.get(type) ?? 0) + 1);
  const counts = [...kinds].map(([type, count]) => `${count} ${type}`);
  const titles = bySeverity.slice(0, SUMMARY_TITLES).map(lineOf);
  const rest = notices.length - titles.length;
  return {
    severity: bySeverity[0]?.severity ?? 'info',
    time: notices.at(-1)?.time ?? '',
    type: 'summary',
    host: null,
    server: null,
    socket: null,
    title: `${countText(notices.length, 'tmux notice')}: ${listText(counts)}`,
    body: rest > 0 ? [...titles, `and ${rest} more`] : titles,
  };
}

/** Makes the event of a server that disappeared while the feed was interrupted: a `server-gone` without an id. */
export function vanishedEvent(server: KnownServer, host: string | null, now: number): FollowedEvent {
  const { name, socket, pid, startedAt, version } = server;
  const fields = {
    v: 1,
    id: null,
    synthetic: true,
    type: 'server-gone',
    time: timeText(now),
    severity: 'critical',
    host,
    server: { name, socket, pid, started_at: startedAt, version },
    incident: null,
    reason: 'lost',
    title: `tmux server ${name} vanished while the feed was interrupted`,
    body: `The exporter does not know its process ${pid} any more. Nobody saw how it ended.`,
  } as const;
  return { ...fields, name: null, server, synthetic: true, json: JSON.stringify(fields) };
}

/** The title of a notice, for a list of several. */
function lineOf({ title, body }: Notice): string {
  return loneTitle({ title, body: body.at(-1) ?? '' }, LONGEST_TITLE);
}

function severityOf({ severity }: Notice): number {
  return SEVERITIES.indexOf(severity);
}

function onOneLine(text: string, longest: number): string {
  return shorten(printable(text.replaceAll('\n', ' ')), longest);
}
