import { describe, expect, it } from '@jest/globals';
import { committedDashboards } from './support/committed.ts';
import { exposedAtTheEnd } from './support/history.ts';
import { OF_PROMETHEUS, sampleNames, UNUSED, usedMetrics } from './support/metric-names.ts';

describe('The metrics', () => {
  const used = new Set(committedDashboards().flatMap(usedMetrics));

  it('that dashboards use are all exported', async () => {
    const exported = new Set([...sampleNames(await exposedAtTheEnd()), ...OF_PROMETHEUS]);
    expect([...used].filter((name) => !exported.has(name))).toEqual([]);
  });

  it('that are exported are all used, or unused for a reason', async () => {
    const exported = sampleNames(await exposedAtTheEnd());
    expect(exported.filter((name) => !used.has(name) && !(name in UNUSED))).toEqual([]);
  });

  it('that are called unused are exported, and unused', async () => {
    const exported = sampleNames(await exposedAtTheEnd());
    expect(Object.keys(UNUSED).filter((name) => used.has(name) || !exported.includes(name))).toEqual([]);
  });
});
