import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { GENERATED, replacePart } from './support/generated.ts';

const BEGIN = '<!-- x:begin -->';
const END = '<!-- x:end -->';

describe('A generated document', () => {
  it.each(GENERATED.map(({ path, renew }) => [path, renew] as const))('%s is the current one', async (path, renew) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(text === (await renew(text)) ? 'current' : 'stale: run `npm run reference`').toBe('current');
  });
});

describe('replacePart', () => {
  it('replaces what is between the markers and nothing else', () => {
    expect(replacePart(`a $& b\n${BEGIN}\nold\n${END}\nc\n`, 'x', 'new $&')).toBe(
      `a $& b\n${BEGIN}\n\nnew $&\n\n${END}\nc\n`,
    );
  });

  it('changes nothing the second time', () => {
    const once = replacePart(`${BEGIN}${END}`, 'x', 'new');
    expect(replacePart(once, 'x', 'new')).toBe(once);
  });

  it.each([
    ['no marker', 'text'],
    ['no end', `${BEGIN} text`],
    ['no begin', `text ${END}`],
    ['the end first', `${END} ${BEGIN}`],
    ['two begins', `${BEGIN} ${BEGIN} ${END}`],
    ['two ends', `${BEGIN} ${END} ${END}`],
    ['an end before both', `${END} ${BEGIN} ${END}`],
  ])('refuses a text with %s', (_, text) => {
    expect(() => replacePart(text, 'x', 'new')).toThrow(`expected ${BEGIN} and after it ${END}, each once`);
  });
});
