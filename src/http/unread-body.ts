import type { IncomingMessage, ServerResponse } from 'node:http';

/** A body up to this size is read to its end, so that the connection can be kept. */
const MOST_BYTES = 1_048_576;

/** How long a client may go on sending after the answer, in milliseconds: many would not see the answer if the connection were cut at once. */
const LINGER_MS = 250;

/** Cuts the connection of a request that is answered before all of its body has arrived, unless the body is small. Node would read the rest, however long it is. */
export function cutIfUnread(request: IncomingMessage, response: ServerResponse, onCut: () => void): void {
  if (isSmall(request)) return;
  // Node discards the rest of a body only if nobody has begun to read it.
  request.read(0);
  response.once('finish', () => {
    if (request.complete) {
      request.resume();
      return;
    }
    setTimeout(() => {
      if (request.socket.destroyed) return;
      request.socket.destroy();
      onCut();
    }, LINGER_MS).unref();
  });
}

function isSmall({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return false;
  return Number(headers['content-length'] ?? 0) <= MOST_BYTES;
}
