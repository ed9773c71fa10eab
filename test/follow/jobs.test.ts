import { describe, expect, it } from '@jest/globals';
import { Jobs } from '../../src/follow/jobs.ts';

describe('Jobs', () => {
  it('runs as many as it may, in order, and goes on after one that fails', async () => {
    const jobs = new Jobs(2);
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
    const begun: number[] = [];
    const results = gates.map(({ promise }, index) =>
      jobs.run(() => {
        begun.push(index);
        return promise;
      }),
    );
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1]);
    gates[1]?.reject(new Error('failed'));
    await expect(results[1]).rejects.toThrow('failed');
    expect(begun).toEqual([0, 1, 2]);
    for (const index of [0, 2, 3]) gates[index]?.resolve(index);
    await expect(Promise.all([results[0], results[2], results[3]])).resolves.toEqual([0, 2, 3]);
  });
});
