import { asNumber, asObject, asText, type JsonObject, parseObject } from '../../core/json.ts';
import { type FollowedEvent, readEvent } from './feed-event.ts';
import type { SnapshotServer } from './known-server.ts';
import type { SseBlock } from './sse-parser.ts';

/** A message of a stream. */
export type StreamMessage =
  | {
      readonly kind: 'hello';
      /** Whether it is the feed of a fleet. */
      readonly isFleet: boolean;
      /** The log that the stream is read from; null if it is not named. */
      readonly epoch: string | null;
      /** The machine of the exporter; null if it is not named, and for a fleet. */
      readonly host: string | null;
      readonly heartbeatMs: number | null;
      /** Whether the stream continues exactly at the cursor, so that no snapshot follows. */
      readonly resumed: boolean;
      /** The number of past events that precede the live ones. */
      readonly replayed: number;
    }
  | { readonly kind: 'snapshot'; readonly servers: readonly SnapshotServer[] }
  | { readonly kind: 'gap'; readonly reason: string; readonly missed: number | null }
  /** The exporter is about to end the stream, after a `retry` with the time to wait. */
  | { readonly kind: 'bye' }
  | { readonly kind: 'event'; readonly event: FollowedEvent }
  | {
      readonly kind: 'heartbeat';
      /** How the source of the feed is; null if the block does not say. */
      readonly source: SourceStatus | null;
    };

/** Whether the exporter can read what it serves. Only the source of a fleet can be down: its bus. */
export type SourceStatus =
  | { readonly kind: 'up' }
  /** Since how long; null if that is not known. */
  | { readonly kind: 'down'; readonly seconds: number | null };

/** A message and the new cursor; null if the cursor stays. */
export interface Received {
  readonly id: string | null;
  readonly message: StreamMessage;
}

const SIGN_OF_LIFE: StreamMessage = { kind: 'heartbeat', source: null };

/** Allowed cursors: they are written into a header and a file. */
const ID = /^[\x21-\x7e]{1,64}$/;

/** The failures of a poll which mean that no server listens. */
const ABSENCES: ReadonlySet<string> = new Set(['refused', 'no_socket']);

/** Reads a block of the stream. An unknown block counts as a heartbeat: it is a sign of life, and may move the cursor. */
export function readMessage({ id, type, data, comment }: SseBlock): Received {
  const message = data === null ? heartbeatOf(comment) : messageOf(type, data);
  return { id: id !== null && ID.test(id) ? id : null, message };
}

/** Reads the servers of a snapshot, or of `GET /api/v1/servers`. */
export function readServers(value: unknown): SnapshotServer[] {
  return Array.isArray(value) ? value.map((item) => readServer(asObject(item) ?? {})) : [];
}

/** A comment such as `source down 12s` says that the source is down; any other heartbeat, that it is up. */
function heartbeatOf(comment: string | null): StreamMessage {
  if (comment === null) return SIGN_OF_LIFE;
  const [down, seconds = null] = /\bsource down\b(?: (\d{1,9})s)?/.exec(comment) ?? [];
  if (down === undefined) return { kind: 'heartbeat', source: { kind: 'up' } };
  return { kind: 'heartbeat', source: { kind: 'down', seconds: seconds === null ? null : Number(seconds) } };
}

function messageOf(type: string, data: string): StreamMessage {
  const fields = parseObject(data);
  if (!fields) return SIGN_OF_LIFE;
  switch (type) {
    case 'hello':
      return helloOf(fields);
    case 'snapshot':
      return { kind: 'snapshot', servers: readServers(fields['servers']) };
    case 'gap':
      return { kind: 'gap', reason: asText(fields['reason']) ?? '', missed: asNumber(fields['missed']) };
    case 'bye':
      return { kind: 'bye' };
    default:
      return { kind: 'event', event: readEvent(type, fields, data) };
  }
}

function helloOf(fields: JsonObject): StreamMessage {
  const isFleet = fields['scope'] === 'fleet';
  return {
    kind: 'hello',
    isFleet,
    epoch: asText(fields['epoch']),
    host: isFleet ? null : asText(fields['host']),
    heartbeatMs: asNumber(fields['heartbeat_ms']),
    resumed: fields['resumed'] === true,
    replayed: asNumber(fields['replayed']) ?? 0,
  };
}

function readServer(fields: JsonObject): SnapshotServer {
  const incarnation = asObject(fields['incarnation']);
  const pid = asNumber(incarnation?.['pid']);
  const startedAt = asText(incarnation?.['started_at']);
  return {
    name: asText(fields['name']) ?? '',
    socket: asText(fields['socket']) ?? '',
    isAbsent: fields['state'] === 'gone' || ABSENCES.has(asText(asObject(fields['failure'])?.['reason']) ?? ''),
    version: asText(fields['version']),
    incarnation: pid !== null && startedAt !== null ? { pid, startedAt } : null,
  };
}
