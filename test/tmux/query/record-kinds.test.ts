import { describe, expect, it } from '@jest/globals';
import { RECORD_KINDS } from '../../../src/tmux/query/record-kinds.ts';

describe('RECORD_KINDS', () => {
  it('has a different letter for each kind', () => {
    const letters = Object.values(RECORD_KINDS).map(({ letter }) => letter);

    expect(new Set(letters).size).toBe(letters.length);
    expect(letters.join('')).toMatch(/^[a-z]+$/);
  });
});
