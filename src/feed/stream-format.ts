import type { LoggedEvent } from '../core/event/event-log.ts';
import type { ControlMessage } from './message.ts';

/** How a stream is written. Messages and events are the same JSON in every format. */
export interface Format {
  readonly contentType: string;
  /** Tells how long to wait before coming back, in milliseconds; empty where the format cannot. */
  retry(ms: number): string;
  message(message: ControlMessage): string;
  event(logged: LoggedEvent): string;
  /** Shows that the stream lives, and moves the reader's cursor to `id` although nothing that it asked for happened. */
  heartbeat(id: string): string;
}

/** `text/event-stream`, https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON holds no line break, so each fits one `data:` line. */
export const sse: Format = {
  contentType: 'text/event-stream; charset=utf-8',
  retry: (ms) => `retry: ${ms}\n\n`,
  message: (message) =>
    `${message.type === 'hello' ? `id: ${message.id}\n` : ''}event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`,
  event: ({ event, json }) => `id: ${event.id}\nevent: ${event.type}\ndata: ${json}\n\n`,
  heartbeat: (id) => `id: ${id}\n: heartbeat\n\n`,
};

/** `application/x-ndjson`: one JSON object per line, each with a `type`; where it has an `id`, that is the cursor from then on. */
export const ndjson: Format = {
  contentType: 'application/x-ndjson; charset=utf-8',
  retry: () => '',
  message: (message) => `${JSON.stringify(message)}\n`,
  event: ({ json }) => `${json}\n`,
  heartbeat: (id) => `${JSON.stringify({ type: 'heartbeat', id })}\n`,
};
