import { describe, expect, it } from '@jest/globals';
import { shareFor } from '../../../src/metrics/render/share.ts';

describe('A shared reading', () => {
  it('is read anew once it is old enough', async () => {
    let now = 0;
    let readings = 0;
    const read = shareFor(
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
