import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './refusal.ts';
import type { Format } from './stream-format.ts';

const RETRY_AFTER_SECONDS = 10;
const TCP_KEEP_ALIVE_MS = 30_000;

/** Answers with `{error: {code, message}}`, and with `Retry-After` if a retry makes sense. */
export function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  if (status !== 400) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    // Refused clients must not keep their connections open.
    Connection: 'close',
  });
  response.end(JSON.stringify({ error: { code, message } }));
}

/** Answers a HEAD request with the headers of its GET. */
export function answerHead(response: ServerResponse, format: Format): void {
  writeHead(response, format);
  response.end();
}

/** Sends the headers of a stream, and prepares its connection for hours of use. */
export function beginStream({ socket }: IncomingMessage, response: ServerResponse, format: Format): void {
  // A reader that ends its side has left, unless it has all: it must not keep its place until the next heartbeat.
  socket.once('end', () => response.writableEnded || socket.destroy());
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  writeHead(response, format);
}

function writeHead(response: ServerResponse, { contentType }: Format): void {
  response.writeHead(200, {
    'Content-Type': contentType,
    // no-transform keeps compressing proxies and middleware from holding events back.
    'Cache-Control': 'no-cache, no-store, no-transform',
    'X-Accel-Buffering': 'no',
    // With keep-alive, an ended stream would delay the closing of the server.
    Connection: 'close',
    Vary: 'Accept',
  });
}
