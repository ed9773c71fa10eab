import type { ClientRequest, IncomingMessage } from 'node:http';

/** How much of an answer is read, in bytes. */
const MOST_ANSWER_BYTES = 65_536;

/** Sends a body, and gives the response. Rejects if the connection ends without one. */
export function responseOf(sent: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // An answer 101 is no response for Node: without this listener nothing would come, not even an error.
    sent.once('upgrade', (response, socket) => {
      socket.destroy();
      response.destroy();
      resolve(response);
    });
    sent.once('close', () => reject(new Error('closed')));
    // The listener stays: a later error must not be thrown, and the answer counts by then.
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The text of a response, as much of it as is read. */
export async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString();
}
