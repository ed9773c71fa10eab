import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';

let server: FeedServer;

beforeEach(async () => {
  server = await new FeedServer().listen();
});
afterEach(() => server.stop());

describe('an EventSource', () => {
  it('comes back by itself with its cursor and misses nothing', async () => {
    const source = new EventSource(server.url());
    try {
      await once(source, 'snapshot');
      const first = once(source, 'session-created');
      server.publish(sessionDraft('work'));
      expect((await first)[0]).toMatchObject({ lastEventId: 'e-1' });
      server.responses[0]?.destroy();
      await server.tally.untilClients(0);
      const { json } = server.publish(sessionDraft('work'));
      const [missed] = await once(source, 'session-created');
      expect(missed).toMatchObject({ lastEventId: 'e-2', data: json });
      expect(server.responses[1]?.req.headers['last-event-id']).toBe('e-1');
    } finally {
      source.close();
    }
  });
});

describe('curl', () => {
  it('reads a poll as lines of JSON', async () => {
    const { event } = server.publish(sessionDraft('work'));
    const output = await new Promise<string>((resolve, reject) => {
      execFile('curl', ['-sS', '--noproxy', '*', server.url('?format=ndjson&poll=1')], (error, stdout) => {
        if (error) reject(error);
        else resolve(stdout);
      });
    });
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'session-created', 'heartbeat']);
    expect(lines[2]).toEqual(event);
  });
});
