import type { LoggedEvent } from '../core/event/event-log.ts';
import type { ControlMessage } from './stream-message.ts';

/** The encoding of a stream. Messages and events are the same JSON in every format. */
export interface Format {
  readonly contentType: string;
  /** Encodes the wait before a reconnect, in milliseconds; empty if the format has no such block. */
  retry(ms: number): string;
  message(message: ControlMessage): string;
  event(logged: LoggedEvent): string;
  /** Encodes a sign of life, which also moves the reader's cursor to `id` although no wanted event happened. */
  heartbeat(id: string): string;
}

/** `text/event-stream`, https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON contains no line break, so each object fits one `data:` line. */
export const sse: Format = {
  contentType: 'text/event-stream; charset=utf-8',
  retry: (ms) => `retry: ${ms}\n\n`,
  message: (message) =>
    `${message.type === 'hello' ? `id: ${message.id}\n` : ''}event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`,
  event: ({ event, json }) => `id: ${event.id}\nevent: ${event.type}\ndata: ${json}\n\n`,
  heartbeat: (id) => `id: ${id}\n: heartbeat\n\n`,
};

/** `application/x-ndjson`: one JSON object per line, each with a `type`; an `id`, if present, is the new cursor. */
export const ndjson: Format = {
  contentType: 'application/x-ndjson; charset=utf-8',
  retry: () => '',
  message: (message) => `${JSON.stringify(message)}\n`,
  event: ({ json }) => `${json}\n`,
  heartbeat: (id) => `${JSON.stringify({ type: 'heartbeat', id })}\n`,
};
