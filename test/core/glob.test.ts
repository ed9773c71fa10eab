import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob, passes } from '../../src/core/glob.ts';
import { runs } from '../support/sample/seed.ts';

describe('a glob', () => {
  it.each([
    ['work', 'work', true],
    ['work', 'works', false],
    ['*', '', true],
    ['alice/*', 'alice/play', true],
    ['alice/*', 'bob/play', false],
    ['*-ci', 'linux-ci', true],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['a*b*b*a', 'aba', false],
    ['', '', true],
    ['', 'work', false],
  ])('%j against %j is %j', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('means the same as the regular expression with .* for each star', () => {
    const letters = (alphabet: string[]) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
    fc.assert(
      fc.property(letters(['a', 'b', '.', '*']), letters(['a', 'b', '.']), (pattern, text) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*');
        expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe('a filter of names', () => {
  it.each([
    [[], [], true],
    [['wo*'], [], true],
    [['a*', '*k'], [], true],
    [['a*'], [], false],
    [[], ['w*'], false],
    [['work'], ['w*'], false],
    [['work'], ['a*'], true],
  ])('that includes %j and excludes %j lets "work" pass: %j', (include, exclude, expected) => {
    expect(passes({ include, exclude }, 'work')).toBe(expected);
  });
});
