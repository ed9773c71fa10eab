import { EVENT_TYPES, EVENT_VERSION, type EventType, SEVERITIES, type Severity } from '../../core/event/event.ts';
import { isFleetName } from '../../core/fleet/fleet-name.ts';
import { isObject, type JsonObject, parseObject } from '../../core/json.ts';
import { isServerName } from '../../core/model/name.ts';
import { messagePlaceOf } from '../connection/stream-answer.ts';
import { MOST_EVENT_MESSAGE_BYTES } from '../stream/streams.ts';
import { eventSubjectParts } from '../stream/subjects.ts';
import { isCount, isHostName, isNullOr, isText, isTexts, isTime } from './field.ts';
import type { HistoryId } from './histories.ts';
import { isReplayed, type ReceivedMessage, type Rejected, rejected, textOf } from './received-message.ts';

/** An event, as a message of the bus carries it. */
export interface EventMessage extends HistoryId {
  readonly kind: 'event';
  /** Its sequence in the history that it is from. */
  readonly historySeq: number;
  readonly type: EventType;
  readonly severity: Severity;
  /** The server that it is about; null for the whole machine. */
  readonly server: string | null;
  /** The JSON of the event, on one line, with `name` added. */
  readonly json: string;
}

/** Reads the message of an event. A key may be stolen, so nothing in it is believed but the subject, which the bus checks. */
export function readEventMessage(prefix: string, message: ReceivedMessage): EventMessage | Rejected {
  if (message.data.length > MOST_EVENT_MESSAGE_BYTES) return rejected('size');
  if (isReplayed(message)) return rejected('replayed');
  const subject = eventSubjectParts(prefix, message.subject);
  const text = textOf(message);
  const event = text === null ? null : parseObject(text);
  if (subject === null || text === null || event === null || 'name' in event) return rejected('body');
  const { name } = subject;
  const { id, host, server } = event;
  // The words themselves, not their copies in the message: what is kept shares them.
  const type = EVENT_TYPES.find((word) => word === event['type']);
  const severity = SEVERITIES.find((word) => word === event['severity']);
  const messageId = message.headers?.get('Nats-Msg-Id') ?? '';
  const place = messagePlaceOf(messageId);
  if (!isFleetName(name) || place === null || messageId !== `${name}:${id}`) return rejected('id');
  if (type === undefined || type !== subject.type || severity === undefined) return rejected('body');
  if (!isEvent(event) || !isServer(server) || !areDetails(type, event)) return rejected('body');
  if (!isHostName(host)) return rejected('host');
  const json = withName(text, name);
  if (json === null) return rejected('body');
  const { epoch, seq } = place;
  return {
    kind: 'event',
    name,
    epoch,
    historySeq: seq,
    type,
    severity,
    server: server?.name ?? null,
    json,
  };
}

/** Adds the name to the text of an event. Exporters write it on one line, with nothing around it; null if it is not so. */
function withName(text: string, name: string): string | null {
  const json = `${text.slice(0, -1)},"name":"${name}"}`;
  // The search also joins the text: V8 keeps a sum of texts in parts, with all that they were cut from, until somebody looks into it.
  return text.endsWith('}') && !/[\r\n]/.test(json) ? json : null;
}

/** Whether it has the fields that every event has, but those that are checked elsewhere. */
function isEvent({ v, time, boot_id, incident, title, body }: JsonObject): boolean {
  return (
    v === EVENT_VERSION &&
    isTime(time) &&
    isNullOr(isText, boot_id) &&
    isNullOr(isText, incident) &&
    isText(title) &&
    isText(body)
  );
}

/** Whether an event has what the pages and texts about a death need. A newer exporter may know more reasons and causes than we do. */
function areDetails(type: EventType, { reason, cause, evidence, lost, uptime_seconds, gone }: JsonObject) {
  switch (type) {
    case 'server-gone':
      return isText(reason) && isText(cause) && isNullOr(isSeconds, uptime_seconds) && isNullOr(isLoss, lost);
    case 'server-gone-cause':
      return isText(cause) && isText(evidence) && isText(gone);
    default:
      return true;
  }
}

function isSeconds(value: unknown): value is number {
  return Number.isFinite(value);
}

function isLoss(lost: unknown): lost is object {
  if (!isObject(lost)) return false;
  const { sessions, windows, panes, session_names, commands } = lost;
  return [sessions, windows, panes].every(isCount) && isTexts(session_names) && isTexts(commands);
}

function isServer(server: unknown): server is { readonly name: string } | null {
  if (server === null) return true;
  if (!isObject(server)) return false;
  const { name, socket, uid, pid, started_at, version, registration } = server;
  return (
    isText(name) &&
    isServerName(name) &&
    isText(socket) &&
    isNullOr(isCount, uid) &&
    isNullOr(isCount, pid) &&
    isNullOr(isTime, started_at) &&
    isNullOr(isText, version) &&
    isText(registration)
  );
}
