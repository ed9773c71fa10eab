import { describe, expect, it } from '@jest/globals';
import { runTick } from '../../src/poll/pace.ts';

describe('runTick', () => {
  it.each([
    ['the tick', { tick: () => Promise.reject(new Error('a bug')) }],
    [
      'what follows it',
      {
        onTick: () => {
          throw new Error('a bug');
        },
      },
    ],
  ])('reports an error of %s, and does not reject: there would be no further tick', async (_, failing) => {
    const errors: unknown[] = [];
    await runTick({
      tick: () => Promise.resolve(),
      onTick: () => {},
      onError: (error) => errors.push(error),
      ...failing,
    });
    expect(errors).toEqual([new Error('a bug')]);
  });
});
