import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FeedOptions } from '../../src/feed/options.ts';
import { hostEvent } from '../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../support/fleet/memory-fleet.ts';
import { FleetFeedServer } from './support/feed-server.ts';
import { dataOf, type Reader } from './support/reader.ts';

let server: FleetFeedServer;

afterEach(() => server.stop());

/** Serves a fleet with this many events of the host `a`, a second apart, of which `capacity` are in memory. */
async function serve(events: number, capacity: number, options: Partial<FeedOptions> = {}): Promise<MemoryFleet> {
  const fleet = new MemoryFleet({ capacity });
  for (let seq = 1; seq <= events; seq++) fleet.push('a', hostEvent('a', seq));
  server = await new FleetFeedServer(fleet, options).listen();
  return fleet;
}

/** The numbers of the events up to number `last`, as their host counts them, and the gaps before them. */
async function follow(reader: Reader, last: number): Promise<{ numbers: number[]; gaps: object[] }> {
  const numbers: number[] = [];
  const gaps: object[] = [];
  while (numbers.at(-1) !== last) {
    const { type, id, reason, missed } = await nextMessage(reader);
    if (type === 'gap') gaps.push({ reason, missed });
    if (type === 'session-created') numbers.push(Number(String(id).slice(2)));
  }
  return { numbers, gaps };
}

/** The next block that has data. */
async function nextMessage(reader: Reader): Promise<Record<string, unknown>> {
  for (let block = await reader.next(); block !== null; block = await reader.next())
    if (block.includes('data: ')) return dataOf(block);
  throw new Error('expected a message, found the end of the stream');
}

describe('the past of a fleet', () => {
  it('comes from the bus if it is not in memory, while live events wait behind', async () => {
    const fleet = await serve(9, 3);
    const held = Promise.withResolvers<undefined>();
    fleet.log.beforeOlder = () => held.promise;
    const reader = await server.open(`?last_event_id=${fleet.log.cursorAt(2)}`);
    fleet.push('a', hostEvent('a', 10));
    fleet.push('a', hostEvent('a', 11));
    held.resolve(undefined);
    expect(await follow(reader, 11)).toEqual({ numbers: [3, 4, 5, 6, 7, 8, 9, 10, 11], gaps: [] });
  });

  it('is missing if the bus does not give it in time', async () => {
    const fleet = await serve(9, 3);
    const asked = Promise.withResolvers<void>();
    fleet.log.beforeOlder = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const reader = await server.open(`?last_event_id=${fleet.log.cursorAt(2)}`);
    await asked.promise;
    server.clock.advance(10_000);
    expect(await follow(reader, 9)).toEqual({ numbers: [7, 8, 9], gaps: [{ reason: 'evicted', missed: 4 }] });
  });

  it('is missing if the bus gives nothing', async () => {
    const fleet = await serve(9, 3);
    fleet.log.beforeOlder = async () => null;
    const reader = await server.open(`?last_event_id=${fleet.log.cursorAt(2)}`);
    expect(await follow(reader, 9)).toEqual({ numbers: [7, 8, 9], gaps: [{ reason: 'evicted', missed: 4 }] });
  });

  it('is read for a few streams at a time', async () => {
    const fleet = await serve(9, 3);
    const held = Promise.withResolvers<undefined>();
    let asked = 0;
    fleet.log.beforeOlder = () => {
      asked++;
      return held.promise;
    };
    const cursor = fleet.log.cursorAt(2);
    const readers: Reader[] = [];
    for (let reader = 0; reader < 10; reader++) readers.push(await server.open(`?last_event_id=${cursor}`));
    expect(asked).toBe(4);
    held.resolve(undefined);
    for (const reader of readers) expect((await follow(reader, 9)).numbers).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it('is counted if the bus does not have it any more', async () => {
    const fleet = await serve(9, 3);
    const cursor = fleet.log.cursorAt(2);
    fleet.log.evictBefore(5);
    const reader = await server.open(`?last_event_id=${cursor}`);
    expect(await follow(reader, 9)).toEqual({ numbers: [5, 6, 7, 8, 9], gaps: [{ reason: 'evicted', missed: 2 }] });
  });

  it('is counted if the bus does not have all of it any more, unless the reader begins', async () => {
    const fleet = await serve(9, 3);
    const cursor = fleet.log.cursorAt(1);
    for (const seq of [3, 4]) fleet.log.evict(seq);
    const numbers = [2, 5, 6, 7, 8, 9];
    const gaps = [{ reason: 'evicted', missed: 2 }];
    expect(await follow(await server.open(`?last_event_id=${cursor}`), 9)).toEqual({ numbers, gaps });
    expect(await follow(await server.open('?since=all'), 9)).toEqual({ numbers: [1, ...numbers], gaps: [] });
  });

  it('is cut to the limits of a replay, the newest staying', async () => {
    const fleet = await serve(50, 3, { replayEvents: 4 });
    const reader = await server.open(`?last_event_id=${fleet.log.cursorAt(2)}`);
    expect(await follow(reader, 50)).toEqual({
      numbers: [47, 48, 49, 50],
      gaps: [{ reason: 'truncated', missed: 44 }],
    });
  });

  it('begins where it is asked for by time, in memory or before it', async () => {
    const fleet = await serve(9, 3);
    fleet.busTime += 60_000;
    // The clock of the hub means nothing.
    server.clock.step(3_600_000);
    expect((await follow(await server.open('?since=52s'), 9)).numbers).toEqual([8, 9]);
    expect((await follow(await server.open('?since=55s'), 9)).numbers).toEqual([5, 6, 7, 8, 9]);
    expect((await follow(await server.open('?since=all'), 9)).numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  describe('asked for by time', () => {
    const [AN_HOUR, A_MINUTE] = [3_600_000, 60_000];
    let fleet: MemoryFleet;

    beforeEach(async () => {
      fleet = new MemoryFleet({ capacity: 3 });
      server = await new FleetFeedServer(fleet).listen();
    });

    /** An event that the bus stores now, of a host whose clock is wrong. */
    function push(seq: number, wrongByMs: number): void {
      const time = new Date(fleet.busTime + wrongByMs).toISOString();
      fleet.push('a', hostEvent('a', seq, { time }), fleet.busTime);
      fleet.busTime += A_MINUTE;
    }

    it('has what was stored then, though the clock of its host is behind', async () => {
      for (const seq of [1, 2, 3]) push(seq, 0);
      fleet.busTime += AN_HOUR;
      push(4, -AN_HOUR);
      expect((await follow(await server.open('?since=10m'), 4)).numbers).toEqual([4]);
    });

    it('has nothing that was stored before, though the clock of its host is ahead', async () => {
      let asked = 0;
      fleet.log.beforeOlder = async () => void asked++;
      for (const seq of [1, 2, 3, 4]) push(seq, 24 * AN_HOUR);
      fleet.busTime += AN_HOUR;
      push(5, 0);
      expect((await follow(await server.open('?since=10m'), 5)).numbers).toEqual([5]);
      expect(asked).toBe(0);
    });

    it('leaves out what was stored before of the events that come from the bus', async () => {
      push(1, 24 * AN_HOUR);
      fleet.busTime += AN_HOUR;
      for (const seq of [2, 3, 4, 5, 6]) push(seq, -AN_HOUR);
      expect((await follow(await server.open('?since=10m'), 6)).numbers).toEqual([2, 3, 4, 5, 6]);
    });
  });

  it.each([
    ['of another log', 'ffffffffffff-3.0000', 'epoch', [7, 8, 9, 10]],
    ['that is none', 'nonsense', 'malformed', [10]],
  ])('after a cursor %s is answered in the stream', async (_what, cursor, reason, numbers) => {
    const fleet = await serve(9, 3);
    const reader = await server.open(`?last_event_id=${cursor}`);
    await reader.take(2);
    fleet.push('a', hostEvent('a', 10));
    expect(await follow(reader, 10)).toEqual({ numbers, gaps: [{ reason, missed: null }] });
  });
});

describe('a stream of a fleet that cannot begin yet', () => {
  it('is open, and begins once the log was read', async () => {
    const fleet = await serve(0, 3);
    fleet.source = { ...fleet.source, hasRead: false, isWhole: false };
    const reader = await server.open('?since=all');
    server.clock.advance(15_000);
    expect(await reader.next()).toBe(': heartbeat');
    fleet.push('a', hostEvent('a', 1));
    fleet.source = { ...fleet.source, hasRead: true, isWhole: true };
    server.clock.advance(1_000);
    expect((await follow(reader, 1)).numbers).toEqual([1]);
  });

  it('waits for a log that is being read once more: what comes of it is published to nobody', async () => {
    const fleet = await serve(1, 3);
    fleet.log.renew('ba9876543210');
    fleet.source = { ...fleet.source, isWhole: false };
    const reader = await server.open('?since=all');
    fleet.log.append('a', hostEvent('a', 1));
    fleet.log.append('a', hostEvent('a', 2));
    fleet.source = { ...fleet.source, isWhole: true };
    server.clock.advance(1_000);
    expect((await follow(reader, 2)).numbers).toEqual([1, 2]);
  });

  it('waits for a hub that is behind the one that gave the cursor', async () => {
    const ahead = new MemoryFleet();
    for (let seq = 1; seq <= 3; seq++) ahead.push('a', hostEvent('a', seq));
    const fleet = await serve(2, 3);
    const reader = await server.open(`?last_event_id=${ahead.log.cursorAt(3)}`);
    fleet.push('a', hostEvent('a', 3));
    fleet.push('a', hostEvent('a', 4));
    expect(await follow(reader, 4)).toEqual({ numbers: [4], gaps: [] });
  });

  it('begins with a gap if the cursor stays ahead of a log that is up', async () => {
    const fleet = await serve(2, 3);
    fleet.cut();
    const reader = await server.open('?last_event_id=0123456789ab-99.0000');
    server.clock.advance(60_000);
    expect(await reader.next()).toBe(': heartbeat\n: source down 14s');
    fleet.mend();
    server.clock.advance(6_000);
    while ((await nextMessage(reader))['type'] !== 'gap');
    expect(server.tally.gaps).toEqual(['future']);
  });

  it('ends with a bye if the feed is closed', async () => {
    const fleet = await serve(0, 3);
    fleet.source = { ...fleet.source, hasRead: false, isWhole: false };
    const reader = await server.open();
    await server.feed.close();
    expect(dataOf((await reader.rest())[0] ?? null)).toMatchObject({ type: 'bye' });
  });
});
