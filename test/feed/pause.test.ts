import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';

let server: FeedServer;
let readers: Socket[];

beforeEach(async () => {
  server = await new FeedServer().listen();
  readers = [];
});

afterEach(async () => {
  for (const reader of readers) reader.destroy();
  await server.stop();
});

/** Opens streams until there are so many. */
async function fillTo(count: number, query = ''): Promise<void> {
  while (readers.length < count) {
    const reader = connect(server.port, '127.0.0.1');
    readers.push(reader);
    reader.write(`GET /events${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(reader, 'data');
    reader.resume();
  }
}

/** How many events were sent since the last call, after some turns of the event loop. */
async function sentAfterTurns(): Promise<number> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  return server.tally.delivery.splice(0).length;
}

describe('a feed with many streams', () => {
  it('pauses after it has sent something, and then sends all that has come meanwhile', async () => {
    await fillTo(200);
    server.publish(sessionDraft());
    expect(await sentAfterTurns()).toBe(1);
    server.publish(sessionDraft());
    server.publish(sessionDraft());
    expect(await sentAfterTurns()).toBe(0);
    server.clock.advance(1);
    expect(await sentAfterTurns()).toBe(0);
    server.clock.advance(1);
    expect(await sentAfterTurns()).toBe(2);
  });

  it('does not pause if only few of them got something, and never for longer than 5 ms', async () => {
    await fillTo(255, '?server=other');
    await fillTo(256);
    for (let count = 0; count < 3; count++) {
      server.publish(sessionDraft());
      expect(await sentAfterTurns()).toBe(1);
    }
    server.publish(sessionDraft('other'));
    expect(await sentAfterTurns()).toBe(1);
    server.clock.advance(5);
    server.publish(sessionDraft());
    expect(await sentAfterTurns()).toBe(1);
  });

  it('sends what has come during a pause before it closes', async () => {
    await fillTo(200);
    server.publish(sessionDraft());
    expect(await sentAfterTurns()).toBe(1);
    server.publish(sessionDraft());
    const closed = server.feed.close();
    expect(server.tally.delivery).toHaveLength(1);
    await closed;
  });
});

describe('a feed with few streams', () => {
  it('sends each event at once', async () => {
    await fillTo(99);
    for (let count = 0; count < 5; count++) {
      server.publish(sessionDraft());
      expect(await sentAfterTurns()).toBe(1);
    }
  });
});
