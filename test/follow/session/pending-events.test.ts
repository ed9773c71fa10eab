import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PendingEvents } from '../../../src/follow/session/pending-events.ts';

describe('PendingEvents', () => {
  it('settles all that was entered, in order, and never beyond what is still open', () => {
    const entry = fc.record({ hasId: fc.boolean(), isWork: fc.boolean() });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), fc.array(fc.nat(19)), (entries, order) => {
        const settled: number[] = [];
        let cursor = -1;
        const ledger = new PendingEvents<number>((id, items) => {
          settled.push(...items);
          if (id !== null) cursor = Number(id);
        });
        const done = new Set<number>();
        const settles = new Map<number, () => void>();
        entries.forEach(({ hasId, isWork }, index) => {
          if (isWork) settles.set(index, ledger.enter(hasId ? String(index) : null, index));
          else if (hasId) ledger.pass(String(index));
        });
        for (const index of [...order, ...settles.keys()]) {
          settles.get(index)?.();
          done.add(index);
          const firstOpen = [...settles.keys()].find((key) => !done.has(key)) ?? Number.POSITIVE_INFINITY;
          expect(settled).toEqual([...settles.keys()].filter((key) => key < firstOpen));
          expect(cursor).toBeLessThan(firstOpen);
        }
        expect(cursor).toBe(entries.findLastIndex(({ hasId }) => hasId));
        expect(ledger.size).toBe(0);
      }),
    );
  });

  it('lets nobody wait longer than it is full', async () => {
    const ledger = new PendingEvents<string>(() => {});
    const first = ledger.enter('1', 'a');
    ledger.enter('2', 'b');
    const room = ledger.below(2);
    first();
    await room;
    expect(ledger.size).toBe(1);
  });
});
