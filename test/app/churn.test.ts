import { describe, expect, it } from '@jest/globals';
import { type DayReport, passDay } from '../support/churn/day.ts';
import { SEED } from '../support/sample/seed.ts';

describe('A day in which 100,000 sessions, windows and panes come and go', () => {
  let report: DayReport;

  it('is reported and exposed as it was, whatever died meanwhile', async () => {
    report = await passDay({ servers: 10, objects: 100_000, seed: SEED });

    expect(report.problems).toEqual([]);
    expect(report.objects).toBeGreaterThanOrEqual(100_000);
    expect(report.deaths).toBeGreaterThan(10);
  }, 300_000);

  it('has no more series than its living objects need', () => {
    expect(report.mostSeries).toBeLessThanOrEqual(report.mostExpected);
  });

  it('leaves nothing on the heap', () => {
    expect(report.heapAtEnd - report.heapEarly).toBeLessThan(2 * 2 ** 20);
  });
});
