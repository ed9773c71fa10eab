import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Format } from './stream-format.ts';

/** Why a request gets no stream, as its error response says it. */
export interface Refusal {
  readonly status: 400 | 429 | 503;
  readonly code: string;
  readonly message: string;
}

const RETRY_AFTER_SECONDS = 10;
const TCP_KEEP_ALIVE_MS = 30_000;

/** Answers with `{error: {code, message}}`, and with `Retry-After` where coming back makes sense. */
export function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  if (status !== 400) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    // A crowd that is turned away must not go on holding connections.
    Connection: 'close',
  });
  response.end(JSON.stringify({ error: { code, message } }));
}

/** Answers a HEAD request as its GET would be. */
export function answerHead(response: ServerResponse, format: Format): void {
  writeHead(response, format);
  response.end();
}

/** Begins a stream on a connection that may live for hours. */
export function beginStream({ socket }: IncomingMessage, response: ServerResponse, format: Format): void {
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
    // An ended stream on a connection that is kept alive would hold up the closing of the server.
    Connection: 'close',
    Vary: 'Accept',
  });
}
