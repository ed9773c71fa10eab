import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ToldEvents } from '../../../src/bus/read/told-events.ts';

const id = (name: string, epoch: string) => ({ name, epoch });

describe('The events that were told', () => {
  it('are told once, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }), (seqs) => {
        const told = new ToldEvents();
        const seen = new Set<number>();
        for (const seq of seqs) {
          expect(told.take(id('build7', 'abc'), seq) === null).toBe(seen.has(seq));
          seen.add(seq);
        }
        expect(told.newestOf(id('build7', 'abc'))).toBe(seqs.length === 0 ? undefined : Math.max(...seqs));
      }),
    );
  });

  it('tell how many events were jumped over, but not before the first of a history', () => {
    const told = new ToldEvents();
    expect([7, 8, 11, 9].map((seq) => told.take(id('build7', 'abc'), seq))).toEqual([0, 0, 2, 0]);
  });

  it('have everything that was in the log before', () => {
    const told = new ToldEvents();
    told.skip(id('build7', 'abc'), 5);
    told.skip(id('build7', 'abc'), 3);
    expect([2, 5, 6, 8].map((seq) => told.take(id('build7', 'abc'), seq))).toEqual([null, null, 0, 1]);
  });

  it('are those of each exporter and history', () => {
    const told = new ToldEvents();
    told.take(id('build7', 'abc'), 5);
    expect([told.take(id('build8', 'abc'), 5), told.take(id('build7', 'def'), 5)]).toEqual([0, 0]);
    expect(told.newestOf(id('build9', 'abc'))).toBeUndefined();
  });

  it('keep the newest of the ranges that were jumped over, whatever is made up', () => {
    const told = new ToldEvents();
    for (let seq = 2; seq <= 2_000; seq += 2) told.take(id('build7', 'abc'), seq);
    expect([told.take(id('build7', 'abc'), 1_999), told.take(id('build7', 'abc'), 1)]).toEqual([0, null]);
  });
});
