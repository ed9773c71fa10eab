import type { IncomingMessage, ServerResponse } from 'node:http';

/** What may be left of a body. It is read, so that the connection can be kept. */
const MOST_BYTES = 1_048_576;

/** How long a client may go on sending after the answer, in milliseconds: many would not see the answer if the connection were cut at once. */
const LINGER_MS = 250;

/** Cuts the connection of a request that is answered before all of its body has arrived. Node would read the rest, however long it is. */
export function cutIfUnread(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (!request.complete && !isSmall(request)) setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  });
}

function isSmall({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return length !== undefined && Number(length) <= MOST_BYTES;
}
