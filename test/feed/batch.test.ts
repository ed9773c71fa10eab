import { describe, expect, it } from '@jest/globals';
import { Batch } from '../../src/feed/batch.ts';
import { type Broadcast, broadcastOf } from '../../src/feed/broadcast.ts';
import { LocalEvent } from '../../src/feed/source/feed-event.ts';
import { ndjson, sse } from '../../src/feed/stream-format.ts';
import { newLog, sessionDraft } from './support/events.ts';

/** Broadcasts of events with a body of so many characters. */
function broadcasts(...sizes: readonly number[]): readonly Broadcast[] {
  const log = newLog();
  return sizes.map((size) =>
    broadcastOf(new LocalEvent(log.append(sessionDraft('work', 'info', 'x'.repeat(size)), 0), log.epoch), 0, true),
  );
}

describe('a batch of broadcasts', () => {
  it('gives all streams that want everything the same bytes, in one block per format', () => {
    const all = broadcasts(1, 2, 3);
    const batch = new Batch(all);
    for (const format of [sse, ndjson]) {
      const blocks = batch.blocksOf(all, format);
      expect(blocks).toEqual([Buffer.concat(all.map((broadcast) => broadcast.bytesFor(format)))]);
      expect(batch.blocksOf([...all], format)[0]).toBe(blocks[0]);
    }
  });

  it('gives a stream that wants some of them the bytes of those, which are shared too', () => {
    const all = broadcasts(1, 2, 3);
    const [first, , last] = all;
    const wanted = all.filter((broadcast) => broadcast === first || broadcast === last);
    const [one, other] = new Batch(all).blocksOf(wanted, sse);
    expect([one, other]).toEqual([first?.bytesFor(sse), last?.bytesFor(sse)]);
    expect(one).toBe(first?.bytesFor(sse));
  });

  it('joins at most 64 KiB, and leaves nothing out', () => {
    const all = broadcasts(30_000, 30_000, 30_000, 70_000, 1, 1);
    const blocks = new Batch(all).blocksOf(all, sse);
    expect(blocks.map(({ length }) => Math.round(length / 10_000))).toEqual([6, 3, 7, 0]);
    expect(Buffer.concat(blocks)).toEqual(Buffer.concat(all.map((broadcast) => broadcast.bytesFor(sse))));
  });
});
