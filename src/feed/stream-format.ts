import { jsonWithCursor } from '../core/fleet/fleet-log.ts';
import type { FeedEvent } from './source/feed-event.ts';
import type { ControlMessage } from './stream-message.ts';

/** The encoding of a stream. Messages and events are the same JSON in every format. */
export interface Format {
  readonly contentType: string;
  /** Encodes the wait before a reconnect, in milliseconds; empty if the format has no such block. */
  retry(ms: number): string;
  message(message: ControlMessage): string;
  event(event: Pick<FeedEvent, 'cursor' | 'type' | 'name' | 'json'>): string;
  /** Encodes a sign of life, which also moves the reader's cursor to `id` although no wanted event happened; null if the stream has not begun. `downSeconds` is how long no event could come in; null while all is well. */
  heartbeat(id: string | null, downSeconds: number | null): string;
}

/** `text/event-stream`, https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON contains no line break, so each object fits one `data:` line. */
export const sse: Format = {
  contentType: 'text/event-stream; charset=utf-8',
  retry: (ms) => `retry: ${ms}\n\n`,
  message: (message) =>
    `${idLine(message.type === 'hello' ? message.id : null)}event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`,
  event: ({ cursor, type, json }) => `id: ${cursor}\nevent: ${type}\ndata: ${json}\n\n`,
  heartbeat: (id, downSeconds) =>
    `${idLine(id)}: heartbeat\n${downSeconds === null ? '' : `: source down ${downSeconds}s\n`}\n`,
};

/** `application/x-ndjson`: one JSON object per line, each with a `type`. An event of a fleet has its `cursor`; of any other line, an `id` is the new cursor. */
export const ndjson: Format = {
  contentType: 'application/x-ndjson; charset=utf-8',
  retry: () => '',
  message: (message) => `${JSON.stringify(message)}\n`,
  event: (event) => `${event.name === null ? event.json : jsonWithCursor(event)}\n`,
  heartbeat: (id, downSeconds) => {
    const down = downSeconds === null ? {} : { source_down_seconds: downSeconds };
    return `${JSON.stringify({ type: 'heartbeat', ...(id !== null && { id }), ...down })}\n`;
  },
};

function idLine(id: string | null): string {
  return id === null ? '' : `id: ${id}\n`;
}
