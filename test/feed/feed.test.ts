import { afterEach, describe, expect, it } from '@jest/globals';
import type { FeedOptions } from '../../src/feed/options.ts';
import { newLog, registeredDraft, sessionDraft } from './support/events.ts';
import { FeedServer, HOLDER } from './support/feed-server.ts';
import { dataOf, type Reader } from './support/reader.ts';

let server: FeedServer;
afterEach(() => server.stop());

async function start(options: Partial<FeedOptions> = {}, log = newLog()): Promise<void> {
  server = await new FeedServer(options, log).listen();
}

describe('the opening of a stream', () => {
  it('is retry, hello and the snapshot for a newcomer', async () => {
    await start();
    server.publish(registeredDraft());
    const reader = await server.open();
    expect(await reader.take(3)).toEqual([
      'retry: 2000',
      'id: e-1\nevent: hello\ndata: {"type":"hello","id":"e-1","epoch":"e","host":"box","head":"e-1","oldest":"e-1","heartbeat_ms":15000,"resumed":false,"replayed":0}',
      'event: snapshot\ndata: {"type":"snapshot","servers":[{"name":"work"},{"name":"alice/play"}]}',
    ]);
  });

  it('has the missed events instead of the snapshot if the cursor is served in full', async () => {
    await start();
    const [, second, third] = [1, 2, 3].map(() => server.publish(sessionDraft()));
    const reader = await server.open('', { 'Last-Event-ID': 'e-1' });
    const [, hello, ...missed] = await reader.take(4);
    expect(dataOf(hello ?? null)).toMatchObject({ id: 'e-1', head: 'e-3', resumed: true, replayed: 2 });
    expect(missed.map((block) => dataOf(block))).toEqual([second?.event, third?.event]);
  });

  it('answers a cursor that cannot be served with a gap and the snapshot', async () => {
    await start({}, newLog(2));
    for (let count = 0; count < 5; count++) server.publish(sessionDraft());
    const reader = await server.open('?last_event_id=e-1');
    const blocks = (await reader.take(6)).slice(1).map((block) => dataOf(block));
    expect(blocks.map(({ type }) => type)).toEqual(['hello', 'gap', 'snapshot', 'session-created', 'session-created']);
    expect(blocks[1]).toEqual({ type: 'gap', reason: 'evicted', missed: 2 });
    expect(server.tally.gaps).toEqual(['evicted']);
    expect(server.tally.replays).toEqual([2]);
  });

  it('shows only the servers that the filter lets pass', async () => {
    await start();
    const reader = await server.open('?server=alice/*');
    const [, , snapshot] = await reader.take(3);
    expect(dataOf(snapshot ?? null)['servers']).toEqual([{ name: 'alice/play' }]);
  });

  it('has the headers that keep caches, proxies and idle connections out of the way', async () => {
    await start();
    const { response } = await server.open();
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
  });
});

describe('a stream', () => {
  it('brings what its filters let pass, as it happens', async () => {
    await start();
    const reader = await server.open('?server=wo*&type=session-created');
    await reader.take(3);
    server.publish(sessionDraft('other'));
    server.publish(registeredDraft('work'));
    const wanted = server.publish(sessionDraft('work'));
    expect(dataOf(await reader.next())).toEqual(wanted.event);
  });

  it('reports to its metrics how many streams an event went to', async () => {
    await start();
    const readers = await Promise.all([server.open(), server.open(), server.open('?server=other')]);
    server.publish(sessionDraft('work'));
    await Promise.all(readers.slice(0, 2).map((reader) => reader.take(4)));
    expect(server.tally.delivery).toEqual([['session-created', 2]]);
  });

  it('serves more streams than fit into one turn, each of them every event in order', async () => {
    await start({ maxClients: 600 });
    const readers = await Promise.all(Array.from({ length: 520 }, () => server.open('?format=ndjson')));
    const sent = [1, 2, 3].map(() => server.publish(sessionDraft()).event.id);
    const received = await Promise.all(readers.map((reader) => reader.take(5)));
    for (const blocks of received) expect(blocks.slice(2).map((block) => dataOf(block)['id'])).toEqual(sent);
  });

  it('is NDJSON on demand: a JSON object with a type on every line', async () => {
    await start();
    const reader = await server.open('?format=ndjson');
    const { json } = server.publish(sessionDraft());
    const [hello, snapshot, event] = await reader.take(3);
    expect(reader.response.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect([hello, snapshot].map((line) => dataOf(line ?? null)['type'])).toEqual(['hello', 'snapshot']);
    expect(event).toBe(json);
  });

  it('ends after the replay when polled, with the cursor at the newest event', async () => {
    await start();
    server.publish(sessionDraft('work'));
    server.publish(sessionDraft('other'));
    const reader = await server.open('?poll=1&server=work');
    const blocks = await reader.rest();
    expect(blocks.slice(3).map((block) => block.split('\n')[0])).toEqual(['id: e-1', 'id: e-2']);
    expect(blocks.at(-1)).toBe('id: e-2\n: heartbeat');
    await server.tally.untilClients(0);
  });
});

describe('a HEAD request', () => {
  it('gets the headers alone and takes no place', async () => {
    await start({ maxClients: 1 });
    await server.open();
    const head = await fetch(server.url('?format=ndjson'), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    expect(await head.text()).toBe('');
    expect(server.tally.clients).toBe(1);
  });
});

describe('a request that gets no stream', () => {
  it('gets 400 with the name of the bad parameter', async () => {
    await start();
    const response = await fetch(server.url('?severity=bad'));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: { code: 'bad_parameter', message: 'severity: expected one of info, warning, critical, found "bad"' },
    });
  });

  it('gets 503 with Retry-After when all places are taken', async () => {
    await start({ maxClients: 1 });
    const first = await server.open();
    const refused = await fetch(server.url());
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await refused.json()).toEqual({
      error: { code: 'max_clients', message: 'all 1 streams for clients like this one are taken' },
    });
    first.cut();
    await server.tally.untilClients(0);
    const second = await server.open();
    expect(second.response.statusCode).toBe(200);
    expect(server.tally.drops).toEqual(['max_clients']);
  });
});

describe('a request that comes when all places are taken', () => {
  it('gets the newest place of who has the most, whose stream is cut and loses nothing', async () => {
    await start({ maxClients: 4 });
    server.publish(sessionDraft());
    const readers: Reader[] = [];
    for (const holder of ['a', 'a', 'a', 'a', 'b']) readers.push(await server.open('', { [HOLDER]: holder }));
    const newcomer = await server.open('', { [HOLDER]: 'c' });
    expect([newcomer.response.statusCode, server.tally.drops]).toEqual([200, ['max_clients']]);
    await readers[3]?.rest();
    const { event } = server.publish(sessionDraft());
    readers[4]?.cut();
    await server.tally.untilClients(4);
    const again = await server.open('', { [HOLDER]: 'a', 'last-event-id': 'e-1' });
    expect(dataOf((await again.take(3)).at(-1) ?? null)).toEqual(event);
  });
});

describe('time', () => {
  it('brings a heartbeat with the newest id after 15 s without data, and none sooner', async () => {
    await start();
    const reader = await server.open('?server=other');
    await reader.take(3);
    server.publish(sessionDraft('work'));
    await new Promise(setImmediate);
    server.clock.advance(14_999);
    const seen = server.publish(sessionDraft('other'));
    expect(dataOf(await reader.next())).toEqual(seen.event);
    server.publish(sessionDraft('work'));
    await new Promise(setImmediate);
    server.clock.advance(15_001);
    expect(await reader.next()).toBe('id: e-3\n: heartbeat');
  });

  it('brings the id in the new epoch, if the log began one, so that nothing is told again', async () => {
    const log = newLog();
    await start({}, log);
    const reader = await server.open();
    await reader.take(3);
    const first = server.publish(sessionDraft('work'));
    expect(dataOf(await reader.next())).toEqual(first.event);
    log.renew('f', 0);
    server.clock.advance(15_001);
    expect(await reader.next()).toBe('id: f-1\n: heartbeat');
  });

  it.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('goes on as before when the wall clock is set %s by an hour', async (_, stepMs) => {
    await start({ maxAgeMs: 30_000 });
    const reader = await server.open('?server=other');
    await reader.take(3);
    server.clock.step(stepMs);
    server.clock.advance(14_999);
    const seen = server.publish(sessionDraft('other'));
    expect(dataOf(await reader.next())).toEqual(seen.event);
    server.clock.advance(9_001);
    expect(await reader.next()).toContain('"reason":"max_age"');
  });

  it('never moves the cursor past an event that has not gone out yet', async () => {
    await start();
    const reader = await server.open();
    await reader.take(3);
    server.publish(sessionDraft());
    server.clock.advance(15_000);
    expect(await reader.next()).toBe('id: e-0\n: heartbeat');
    expect(dataOf(await reader.next())['id']).toBe('e-1');
  });

  it('ends a stream between 0.8 and 1.0 of its greatest age, saying when to come back', async () => {
    await start({ maxAgeMs: 100_000, heartbeatMs: 1_000_000 });
    const reader = await server.open();
    await reader.take(3);
    server.clock.advance(79_999);
    server.publish(sessionDraft());
    await reader.next();
    server.clock.advance(1);
    expect(await reader.rest()).toEqual([
      'event: bye\ndata: {"type":"bye","reason":"max_age","retry_ms":1000}',
      'retry: 1000',
    ]);
  });
});
