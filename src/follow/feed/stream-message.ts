import { type FollowedEvent, readEvent } from './feed-event.ts';
import { asNumber, asObject, asText, type JsonObject, parseObject } from './json.ts';
import type { SnapshotServer } from './known-server.ts';
import type { SseBlock } from './sse-parser.ts';

/** A message of a stream. */
export type StreamMessage =
  | {
      readonly kind: 'hello';
      /** The log of the exporter, and its machine; null if an exporter does not say. */
      readonly epoch: string | null;
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
  | { readonly kind: 'heartbeat' };

/** A message and the new cursor; null if the cursor stays. */
export interface Received {
  readonly id: string | null;
  readonly message: StreamMessage;
}

const HEARTBEAT: StreamMessage = { kind: 'heartbeat' };

/** Allowed cursors: they are written into a header and a file. */
const ID = /^[\x21-\x7e]{1,64}$/;

/** The failures of a poll which mean that no server listens. */
const ABSENCES: ReadonlySet<string> = new Set(['refused', 'no_socket']);

/** Reads a block of the stream. An unknown block counts as a heartbeat: it is a sign of life, and may move the cursor. */
export function readMessage({ id, type, data }: SseBlock): Received {
  return { id: id !== null && ID.test(id) ? id : null, message: data === null ? HEARTBEAT : messageOf(type, data) };
}

/** Reads the servers of a snapshot, or of `GET /api/v1/servers`. */
export function readServers(value: unknown): SnapshotServer[] {
  return Array.isArray(value) ? value.map((item) => readServer(asObject(item) ?? {})) : [];
}

function messageOf(type: string, data: string): StreamMessage {
  const fields = parseObject(data);
  if (!fields) return HEARTBEAT;
  switch (type) {
    case 'hello':
      return {
        kind: 'hello',
        epoch: asText(fields['epoch']),
        host: asText(fields['host']),
        heartbeatMs: asNumber(fields['heartbeat_ms']),
        resumed: fields['resumed'] === true,
        replayed: asNumber(fields['replayed']) ?? 0,
      };
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
