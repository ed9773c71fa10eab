import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Lane } from '../../src/core/lane.ts';

describe('Lane', () => {
  it('runs a task at once if there is room', () => {
    let ran = false;
    void new Lane(1).run(async () => {
      ran = true;
    });

    expect(ran).toBe(true);
  });

  it('settles as the task does', async () => {
    const lane = new Lane(1);

    await expect(lane.run(async () => 'done')).resolves.toBe('done');
    await expect(lane.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('goes on after a task that failed', async () => {
    const lane = new Lane(1);
    const failed = lane.run(() => Promise.reject(new Error('broken')));
    const next = lane.run(async () => {});

    await expect(failed).rejects.toThrow('broken');
    await expect(next).resolves.toBeUndefined();
  });

  it('runs all tasks, in their order, and never more than its width at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 4 }), fc.nat(12), async (s, width, count) => {
        const lane = new Lane(width);
        const begun: number[] = [];
        let running = 0;
        let most = 0;
        const tasks = Array.from({ length: count }, (_, at) =>
          lane.run(async () => {
            begun.push(at);
            most = Math.max(most, ++running);
            await s.schedule(Promise.resolve());
            running--;
          }),
        );

        await s.waitFor(Promise.all(tasks));

        expect(begun).toEqual([...begun.keys()]);
        expect(begun).toHaveLength(count);
        expect(most).toBe(Math.min(width, count));
      }),
    );
  });
});
