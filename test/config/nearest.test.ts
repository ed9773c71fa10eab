import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { editDistance, nearest } from '../../src/config/nearest.ts';

describe('nearest', () => {
  it.each([
    ['shcedule', 'schedule'],
    ['timeOut', 'timeout'],
    ['concurency', 'concurrency'],
    ['maxClients', 'max_clients'],
    ['max-clients', 'max_clients'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, ['timeout', 'schedule', 'concurrency', 'max_clients'])).toBe(meant);
  });

  it.each(['colour', 'x', '', 'web', 'time'])('takes %j for nothing known', (word) => {
    expect(nearest(word, ['timeout', 'schedule', 'wax_clients', 'log'])).toBeNull();
  });

  it('prefers the nearer of two', () => {
    expect(nearest('windowz', ['windwos', 'windows'])).toBe('windows');
  });
});

describe('editDistance', () => {
  it('counts a swap of neighbours as one typo', () => {
    expect(editDistance('shcedule', 'schedule')).toBe(1);
  });

  it('is 0 for the same word only, the same both ways, and at most the longer length', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
