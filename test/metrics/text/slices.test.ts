import { describe, expect, it } from '@jest/globals';
import { runInSlices, type Steps } from '../../../src/metrics/text/slices.ts';

/** Work that holds the event loop for a millisecond in each of its steps. */
function* busySteps(steps: number): Steps<string> {
  for (let step = 0; step < steps; step++) {
    const begun = performance.now();
    while (performance.now() - begun < 1);
    yield;
  }
  return 'done';
}

describe('Work in slices', () => {
  it('gives its result', async () => {
    expect(await runInSlices(busySteps(3))).toBe('done');
  });

  it('lets others have their turn about every 5 ms', async () => {
    let turns = 0;
    let isDone = false;
    const others = () => {
      turns++;
      if (!isDone) setImmediate(others);
    };
    setImmediate(others);
    await runInSlices(busySteps(60));
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  it('fails as its work does', async () => {
    const failing = (function* (): Steps<never> {
      yield;
      throw new Error('no');
    })();
    await expect(runInSlices(failing)).rejects.toThrow('no');
  });
});
