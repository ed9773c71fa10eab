import { describe, expect, it } from '@jest/globals';
import { parseRetryAfter } from '../../../src/alert/request/retry-after.ts';

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 0.5 ', 500],
    ['Sun, 01 Mar 2026 12:01:00 GMT', 60_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['', null],
    [undefined, null],
  ])('is read from %j as %s ms', (header, ms) => {
    expect(parseRetryAfter(header, Date.UTC(2026, 2, 1, 12))).toBe(ms);
  });
});
