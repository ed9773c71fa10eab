import { afterEach, describe, expect, it } from '@jest/globals';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';
import { dataOf } from './support/reader.ts';

let server: FeedServer;
afterEach(() => server.stop());

describe('a closing feed', () => {
  it('sends what was published, says goodbye with a retry, and ends', async () => {
    server = await new FeedServer().listen();
    const reader = await server.open();
    await reader.take(3);
    const { event } = server.publish(sessionDraft());
    await server.feed.close();
    const [last, bye, retry, ...more] = await reader.rest();
    expect(dataOf(last ?? null)).toEqual(event);
    expect(bye).toBe('event: bye\ndata: {"type":"bye","reason":"shutdown","retry_ms":1000}');
    expect(retry).toBe('retry: 1000');
    expect(more).toEqual([]);
  });

  it('lets nobody in any more', async () => {
    server = await new FeedServer().listen();
    await server.feed.close();
    const response = await fetch(server.url());
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await response.json()).toEqual({
      error: { code: 'shutting_down', message: 'the exporter is shutting down' },
    });
  });

  it('leaves no timer behind', async () => {
    server = await new FeedServer().listen();
    expect(server.clock.pending).toBe(1);
    await server.feed.close();
    expect(server.clock.pending).toBe(0);
  });
});
