import type { AlertDetails, EventDraft, ServerReference, Severity } from '../event/event.ts';
import { byteLength, fitNames, printable, shorten, spanText, timeText } from '../text.ts';

/** An alert as an Alertmanager sends it. */
export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339; the year 1 while the end is unknown. */
  readonly endsAt: string;
  readonly fingerprint: string;
}

/** A key of an alert that began at some time, the same in all its states. */
export function alertKey(fingerprint: string, startsAt: string): string {
  return `${fingerprint} ${sameTimeText(startsAt)}`;
}

/** Limits on the labels and annotations of an alert in an event, so that the event stays below 4 KiB. Names and values are limited in characters. */
const MOST_PAIRS = 20;
const LONGEST_NAME = 40;
const LONGEST_VALUE = 160;
const PAIRS_BYTES = 800;
const SHOWN_TEXT = 120;
const FACTS_BYTES = 300;

/** The fields of an `alert` event. */
export function alertDetails(alert: ReceivedAlert): AlertDetails {
  return {
    status: alert.status,
    alertname: shorten(printable(alert.labels['alertname'] ?? 'alert'), LONGEST_NAME),
    fingerprint: alert.fingerprint,
    starts_at: sameTimeText(alert.startsAt),
    ends_at: alert.status === 'resolved' ? sameTimeText(alert.endsAt) : null,
    labels: fitPairs(alert.labels),
    annotations: fitPairs(alert.annotations),
  };
}

/** `alert`: an Alertmanager sent an alert. `incident` is the id of the event that began it, if known. */
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

/** Maps the usual severity labels of alert rules. An unknown or missing one is a warning. */
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
  const short = Object.entries(pairs)
    .slice(0, MOST_PAIRS)
    .map(
      ([name, value]) => [shorten(printable(name), LONGEST_NAME), shorten(printable(value), LONGEST_VALUE)] as const,
    );
  let used = 0;
  const tooMany = short.findIndex((pair) => {
    used += byteLength(JSON.stringify(pair));
    return used > PAIRS_BYTES;
  });
  return Object.fromEntries(tooMany === -1 ? short : short.slice(0, tooMany));
}

/** Makes the same time the same text, whatever form the sender uses. */
function sameTimeText(time: string): string {
  return timeText(Date.parse(time));
}
