import { describe, expect, it } from '@jest/globals';
import { Announcer } from '../../src/app/announcer.ts';

describe('Announcer', () => {
  it('tells once what is in the way of a collector, and once that it is no longer', () => {
    const lines: string[] = [];
    const log = (_: object, message: string) => void lines.push(message);
    const announcer = new Announcer({ debug: log, info: log, warn: log, error: log });
    const problems = [null, 'off: there is no /proc to read', 'off: there is no /proc to read', null, null];
    for (const problem of problems) announcer.collection({ collector: 'process', durationMs: 1, problem });
    expect(lines).toEqual([
      'the process collector is off: there is no /proc to read',
      'the process collector is on again',
    ]);
  });
});
