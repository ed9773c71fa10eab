import type { AlertDetails, EventDraft, ServerReference, Severity } from '../event/event.ts';
import { fitNames, printable, shorten, spanText } from '../text.ts';

/** An alert as an Alertmanager sends it. */
export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339; the year 1 while nobody knows. */
  readonly endsAt: string;
  readonly fingerprint: string;
}

/** What makes an alert the same as one that came before. */
export function alertKey({
  fingerprint,
  status,
  starts_at,
}: Pick<AlertDetails, 'fingerprint' | 'status' | 'starts_at'>): string {
  return `${fingerprint} ${status} ${starts_at}`;
}

/** How much of an alert an event holds: pairs, characters of a name, and characters of a value, so that it stays below 4 KiB whatever it is made of. */
const MOST_PAIRS = 20;
const LONGEST_NAME = 40;
const LONGEST_VALUE = 160;
const PAIRS_BYTES = 800;
const SHOWN_TEXT = 120;
const FACTS_BYTES = 300;

/** What an `alert` event says of an alert. */
export function alertDetails(alert: ReceivedAlert): AlertDetails {
  return {
    status: alert.status,
    alertname: shorten(printable(alert.labels['alertname'] ?? 'alert'), LONGEST_NAME),
    fingerprint: alert.fingerprint,
    starts_at: timeText(alert.startsAt),
    ends_at: alert.status === 'resolved' ? timeText(alert.endsAt) : null,
    labels: fitPairs(alert.labels),
    annotations: fitPairs(alert.annotations),
  };
}

/** `alert`: an Alertmanager told us of an alert. `incident` is the id of the event by which it began, where that is known. */
export function alertDraft(
  alert: ReceivedAlert,
  server: ServerReference | null,
  incident: string | null,
): Extract<EventDraft, { type: 'alert' }> {
  const details = alertDetails(alert);
  return {
    type: 'alert',
    severity: alert.status === 'resolved' ? 'info' : severityOf(alert.labels['severity']),
    server,
    incident: incident ?? (alert.status === 'firing' ? 'opens' : null),
    title: `${alert.status === 'firing' ? 'alert' : 'resolved'}: ${titleOf(alert, details)}`,
    body: bodyOf(alert, details),
    details,
  };
}

function titleOf({ annotations }: ReceivedAlert, { alertname }: AlertDetails): string {
  const { summary } = annotations;
  return summary ? `${alertname}: ${shorten(printable(summary), SHOWN_TEXT)}` : alertname;
}

function bodyOf({ annotations, labels, status, startsAt, endsAt }: ReceivedAlert, details: AlertDetails): string {
  const text = annotations['description'] ?? annotations['message'] ?? '';
  const others = Object.entries(labels).filter(([name]) => name !== 'alertname');
  const facts = fitNames(
    others.map(([name, value]) => `${name}=${value}`),
    MOST_PAIRS,
    LONGEST_VALUE,
    FACTS_BYTES,
  ).join(', ');
  const seconds = (Date.parse(endsAt) - Date.parse(startsAt)) / 1000;
  const span =
    status === 'resolved' && seconds >= 0 ? `It lasted ${spanText(seconds)}.` : `Since ${details.starts_at}.`;
  return [shorten(printable(text), SHOWN_TEXT), facts, span].filter((part) => part !== '').join(' · ');
}

/** The words for severities that rules are written with; an alert without a known one is a warning. */
function severityOf(label: string | undefined): Severity {
  switch (label?.toLowerCase()) {
    case 'critical':
    case 'page':
    case 'error':
    case 'emergency':
      return 'critical';
    case 'info':
    case 'none':
      return 'info';
    default:
      return 'warning';
  }
}

function fitPairs(pairs: Readonly<Record<string, string>>): Record<string, string> {
  const texts = Object.entries(pairs).map(
    ([name, value]) => `${shorten(name, LONGEST_NAME)}=${shorten(value, LONGEST_VALUE)}`,
  );
  const fitting = fitNames(texts, MOST_PAIRS, LONGEST_NAME + 1 + LONGEST_VALUE, PAIRS_BYTES);
  return Object.fromEntries(
    fitting.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

/** One form for all senders, so that the same moment is the same text. */
function timeText(time: string): string {
  return new Date(time).toISOString();
}
