import { describe, expect, it } from '@jest/globals';
import { cacheFor } from '../../../src/metrics/render/cache.ts';

describe('A cached reading', () => {
  it('is replaced once it is old enough', async () => {
    let now = 0;
    let readings = 0;
    const read = cacheFor(
      1000,
      async () => ++readings,
      () => now,
    );
    expect(await Promise.all([read(), read()])).toEqual([1, 1]);
    now = 999;
    expect(await read()).toBe(1);
    now = 1000;
    expect(await read()).toBe(2);
  });
});
