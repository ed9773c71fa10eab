import { describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/app/system-clock.ts';

describe('The uptime', () => {
  it.each([3_600_000, -3_600_000])('does not step if the wall clock is set by %i ms', (stepMs) => {
    const begun = performance.now();
    const before = systemClock.uptime();
    const now = Date.now.bind(Date);
    const set = jest.spyOn(Date, 'now').mockImplementation(() => now() + stepMs);
    try {
      const passed = systemClock.uptime() - before;
      expect(passed).toBeGreaterThanOrEqual(0);
      expect(passed).toBeLessThanOrEqual(performance.now() - begun);
    } finally {
      set.mockRestore();
    }
  });
});
