import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configReference, replaceReference } from '../../src/config/reference.ts';

const BEGIN = '<!-- config:begin -->';
const END = '<!-- config:end -->';

describe('the reference', () => {
  it('has a row of key, flag, variable, values, default and meaning', () => {
    expect(configReference()).toContain(
      '| `poll.timeout` | `--poll.timeout` | `TMUX_EXPORTER_POLL_TIMEOUT` | 10ms to 1h | `2s` | How long a server may take to answer a poll. |',
    );
  });

  it('has the same number of cells in every row', () => {
    const rows = configReference().match(/^\|.*\|$/gm) ?? [];
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length))).toEqual(new Set([8]));
  });
});

describe('replaceReference', () => {
  it('replaces what stands between the markers and nothing else', () => {
    expect(replaceReference(`a $& b\n${BEGIN}\nold\n${END}\nc\n`)).toBe(
      `a $& b\n${BEGIN}\n\n${configReference()}\n\n${END}\nc\n`,
    );
  });

  it('changes nothing the second time', () => {
    const once = replaceReference(`${BEGIN}${END}`);
    expect(replaceReference(once)).toBe(once);
  });

  it.each([
    ['no marker', 'text'],
    ['no end', `${BEGIN} text`],
    ['no begin', `text ${END}`],
    ['the end first', `${END} ${BEGIN}`],
    ['two begins', `${BEGIN} ${BEGIN} ${END}`],
    ['two ends', `${BEGIN} ${END} ${END}`],
    ['an end before both', `${END} ${BEGIN} ${END}`],
  ])('refuses a text with %s', (_, readme) => {
    expect(() => replaceReference(readme)).toThrow(`expected ${BEGIN} and after it ${END}, each once`);
  });
});

describe('README.md', () => {
  it('has the current reference', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const isCurrent = readme === replaceReference(readme);
    expect(isCurrent ? 'current' : 'stale: run `npm run reference`').toBe('current');
  });
});
