import { describe, expect, it } from '@jest/globals';
import { inspectCollections } from '../../../src/app/requirements/inspection.ts';

describe('What check says of a collector', () => {
  it('is that it is on, or why it is off', () => {
    const off = 'off: there is no /proc to read';
    expect(
      inspectCollections([null, off].map((problem) => ({ collector: 'process', durationMs: 1, problem }))),
    ).toEqual([
      { verdict: 'fine', subject: 'process collector', message: 'on' },
      { verdict: 'note', subject: 'process collector', message: off },
    ]);
  });
});
