import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../../src/follow/session/backoff.ts';

describe('backoffMs', () => {
  it('draws from a range that doubles from 1 s to 30 s', () => {
    const most = [1, 2, 3, 4, 5, 6, 7, 5_000].map((failures) => backoffMs(failures, () => 1, 0));
    expect(most).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(backoffMs(3, () => 0.5, 0)).toBe(2_000);
  });

  it('never comes back without a pause', () => {
    expect(backoffMs(9, () => 0, 0)).toBe(100);
  });

  it('never comes back sooner than it is asked to', () => {
    expect(backoffMs(1, () => 0, 7_000)).toBe(7_000);
    expect(backoffMs(9, () => 1, 7_000)).toBe(30_000);
  });
});
