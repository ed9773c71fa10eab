import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventRing } from '../../../src/bus/read/event-ring.ts';

const sequences = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
  .map((all) => all.toSorted((a, b) => a - b));

describe('A ring of events', () => {
  it('has the newest ones, whatever holes their sequences have', () => {
    fc.assert(
      fc.property(
        sequences,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 70 }),
        fc.nat(9),
        (seqs, capacity, seq, limit) => {
          const ring = new EventRing<{ seq: number }>(capacity);
          const lost = seqs.flatMap((next) => ring.push({ seq: next }) ?? []);
          const kept = seqs.slice(-capacity);
          expect(lost.map((item) => item.seq)).toEqual(seqs.slice(0, seqs.length - kept.length));
          expect(ring.size).toBe(kept.length);
          expect([ring.oldest?.seq, ring.newest?.seq]).toEqual([kept[0], kept.at(-1)]);
          expect(ring.after(seq, limit).map((item) => item.seq)).toEqual(
            kept.filter((one) => one > seq).slice(0, limit),
          );
          expect(ring.upTo(seq)?.seq).toBe(kept.findLast((one) => one <= seq));
        },
      ),
    );
  });

  it('is empty after it was cleared, and can be filled again', () => {
    const ring = new EventRing<{ seq: number }>(2);
    for (const seq of [5, 6, 7]) ring.push({ seq });
    ring.clear();
    expect(ring.after(0, 9)).toEqual([]);
    ring.push({ seq: 1 });
    expect(ring.after(0, 9)).toEqual([{ seq: 1 }]);
  });
});
