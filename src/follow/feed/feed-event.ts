import { SEVERITIES, type Severity } from '../../core/event/event.ts';
import { asNumber, asObject, asText, type JsonObject } from '../../core/json.ts';
import type { KnownServer } from './known-server.ts';

/** The server of an event. Fields that the event does not know are null. */
export interface EventServer {
  readonly name: string;
  readonly socket: string;
  readonly pid: number | null;
  /** RFC 3339. */
  readonly startedAt: string | null;
  readonly version: string | null;
}

/**
 * An event as a follower handles it: sent by the exporter, or made by the follower itself (`synthetic`). The type is any text: a newer
 * exporter may send types that we do not know.
 */
export interface FollowedEvent {
  /** `<epoch>-<seq>` of the exporter that emitted it; null if it is synthetic. Cloned machines emit the same ids. */
  readonly id: string | null;
  /** What the exporter that emitted it is called in its fleet; null if it does not come from the feed of a fleet. */
  readonly name: string | null;
  readonly type: string;
  /** RFC 3339. */
  readonly time: string;
  readonly severity: Severity;
  readonly host: string | null;
  readonly server: EventServer | null;
  readonly reason: string | null;
  readonly incident: string | null;
  readonly title: string;
  readonly body: string;
  readonly synthetic: boolean;
  /** The whole event on one line, as received. */
  readonly json: string;
}

/** Reads an event from its JSON. Missing texts become empty: an incomplete event is still an event. */
export function readEvent(type: string, fields: JsonObject, json: string): FollowedEvent {
  return {
    id: asText(fields['id']),
    name: asText(fields['name']),
    type: asText(fields['type']) ?? type,
    time: asText(fields['time']) ?? '',
    severity: SEVERITIES.find((severity) => severity === fields['severity']) ?? 'info',
    host: asText(fields['host']),
    server: readServer(asObject(fields['server'])),
    reason: asText(fields['reason']),
    incident: asText(fields['incident']),
    title: asText(fields['title']) ?? type,
    body: asText(fields['body']) ?? '',
    synthetic: fields['synthetic'] === true,
    json,
  };
}

/** The life that an event is about; null if it is about no server, or about one that never answered. */
export function lifeIn({ server }: FollowedEvent): KnownServer | null {
  if (server === null || server.pid === null || server.startedAt === null) return null;
  const { name, socket, pid, startedAt, version } = server;
  return { name, socket, pid, startedAt, version };
}

function readServer(fields: JsonObject | null): EventServer | null {
  if (!fields) return null;
  return {
    name: asText(fields['name']) ?? '',
    socket: asText(fields['socket']) ?? '',
    pid: asNumber(fields['pid']),
    startedAt: asText(fields['started_at']),
    version: asText(fields['version']),
  };
}
