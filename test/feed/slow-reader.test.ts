import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';
import { dataOf, type Reader } from './support/reader.ts';

const MAX_AGE_MS = 100_000;
const LARGE = 'x'.repeat(16_000);

let server: FeedServer;
let deaf: Socket;
let quick: Reader;

/** A reader of everything, and one beside it that asks for a stream and never reads a byte of it. */
beforeEach(async () => {
  server = await new FeedServer({ heartbeatMs: 3_600_000, maxAgeMs: MAX_AGE_MS }).listen();
  deaf = connect(server.port, '127.0.0.1').pause();
  deaf.on('error', () => {});
  await once(deaf, 'connect');
  deaf.write('GET /events?server=big HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await server.tally.untilClients(1);
  quick = await server.open();
  await quick.take(3);
});

afterEach(async () => {
  deaf.destroy();
  await server.stop();
});

/** Publishes large events until the socket of the deaf reader takes no more. The kernel hides the first megabytes. */
async function fillDeaf(): Promise<void> {
  while (!server.responses[0]?.writableNeedDrain) await publishLarge();
}

/** Publishes a large event and waits until the quick reader has it. */
async function publishLarge(): Promise<void> {
  const { event } = server.publish(sessionDraft('big', 'info', LARGE));
  expect(dataOf(await quick.next())['id']).toBe(event.id);
}

async function readUntil(socket: Socket, end: string): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.resume();
  while (!text.includes(end)) await once(socket, 'data');
  return text;
}

describe('a reader that does not read', () => {
  it('is cut off once more than 256 KiB have waited for a second, and holds up nobody', async () => {
    await fillDeaf();
    for (let bytes = 0; bytes < 262_144; bytes += LARGE.length) await publishLarge();
    server.clock.advance(999);
    expect(server.tally.drops).toEqual([]);
    server.clock.advance(1_001);
    expect(server.tally.drops).toEqual(['slow']);
    await server.tally.untilClients(1);
    await publishLarge();
  });

  it('is cut off for bytes that it shares with others and that come as one', async () => {
    await fillDeaf();
    const burst = Array.from({ length: 17 }, () => server.publish(sessionDraft('big', 'info', LARGE)).event.id);
    expect((await quick.take(burst.length)).map((block) => dataOf(block)['id'])).toEqual(burst);
    server.clock.advance(2_000);
    expect(server.tally.drops).toEqual(['slow']);
    await server.tally.untilClients(1);
  });

  it('is cut off after 30 s however little waits for it', async () => {
    await fillDeaf();
    server.clock.advance(29_000);
    expect(server.tally.drops).toEqual([]);
    server.clock.advance(1_000);
    expect(server.tally.drops).toEqual(['stalled']);
    await server.tally.untilClients(1);
  });

  it('is cut off when it does not take the end of its stream either', async () => {
    while (server.responses[0]?.writableLength === 0) await publishLarge();
    server.clock.advance(0.8 * MAX_AGE_MS);
    expect(await quick.rest()).toHaveLength(2);
    await server.tally.untilClients(1);
    expect(server.tally.drops).toEqual([]);
    server.clock.advance(30_000);
    expect(server.tally.drops).toEqual(['stalled']);
    await server.tally.untilClients(0);
  });

  it('gets everything in order if it begins to read in time', async () => {
    await fillDeaf();
    for (let count = 0; count < 10; count++) await publishLarge();
    const text = await readUntil(deaf, `"id":"e-${server.log.head}"`);
    const ids = [...text.matchAll(/^id: e-(\d+)$/gm)].map(([, seq]) => seq);
    expect(ids).toEqual(Array.from({ length: server.log.head + 1 }, (_, seq) => String(seq)));
    expect(server.tally.drops).toEqual([]);
  });

  it('does not keep a closing feed open', async () => {
    await fillDeaf();
    const closed = server.feed.close();
    await quick.rest();
    server.clock.advance(2_000);
    await closed;
    expect(server.tally.clients).toBe(0);
  });
});

describe('a quick reader', () => {
  it('is not taken for a slow one by a burst larger than its queue', async () => {
    const burst = Array.from({ length: 100 }, () => server.publish(sessionDraft('other', 'info', LARGE)).event.id);
    await new Promise(setImmediate);
    server.clock.advance(500);
    const received = await quick.take(100);
    server.clock.advance(5_000);
    expect(received.map((block) => dataOf(block)['id'])).toEqual(burst);
    expect(server.tally.drops).toEqual([]);
  });
});
