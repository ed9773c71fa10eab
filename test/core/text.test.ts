import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  countText,
  errorText,
  fitNames,
  isShowable,
  listText,
  printable,
  printableJson,
  printableLines,
  shellWord,
  shorten,
  spanText,
} from '../../src/core/text.ts';
import { hostileText } from '../support/sample/arbitrary.ts';

describe('errorText', () => {
  it('is the message of an error, or the text of anything else that was thrown', () => {
    expect(errorText(new TypeError('no such thing'))).toBe('no such thing');
    expect(errorText('a text')).toBe('a text');
  });
});

describe('isShowable', () => {
  it.each([
    ['0000-01-01T00:00:00.000Z', 0, true],
    ['0000-01-01T00:00:00.000Z', -1, false],
    ['9999-12-31T23:59:59.999Z', 0, true],
    ['9999-12-31T23:59:59.999Z', 1, false],
    ['no time', 0, false],
  ])('of %s and %d ms is %s', (time, ms, expected) => {
    expect(isShowable(Date.parse(time) + ms)).toBe(expected);
  });
});

describe('spanText', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [0.9, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [125, '2 min 5 s'],
    [3_600, '1 h'],
    [3_605, '1 h'],
    [7_260, '2 h 1 min'],
    [86_400, '1 d'],
    [3 * 86_400 + 4 * 3_600 + 59, '3 d 4 h'],
    [400 * 86_400, '400 d'],
  ])('says %d seconds as %s', (seconds, text) => {
    expect(spanText(seconds)).toBe(text);
  });
});

describe('countText', () => {
  it.each([
    [0, '0 panes'],
    [1, '1 pane'],
    [2, '2 panes'],
  ])('says %d as %s', (count, text) => {
    expect(countText(count, 'pane')).toBe(text);
  });
});

describe('listText', () => {
  it('lists what there is', () => {
    expect(listText(['a', 'b'])).toBe('a, b');
  });

  it('says how many more there are', () => {
    expect(listText(['a', 'b'], 5)).toBe('a, b and 3 more');
  });

  it('gives only the number if no name is left', () => {
    expect(listText([], 5)).toBe('5');
  });
});

/** What a terminal obeys, what reorders a line or breaks it, and what is no character. */
const OBEYED = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

describe('printable', () => {
  it.each([
    ['a newline', 'a\nb', 'a\ufffdb'],
    ['an escape sequence', '\u001b[31m', '\ufffd[31m'],
    ['a C1 control', '\u009b', '\ufffd'],
    ['a mark that reorders', 'a\u202eb', 'a\ufffdb'],
    ['the Arabic letter mark', 'a\u061cb', 'a\ufffdb'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
  ])('replaces %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each([
    ['a soft hyphen', '\u00ad'],
    ['a zero-width space', '\u200b'],
    ['a word joiner', '\u2060'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['an isolate', '\u2066'],
    ['a byte order mark', '\ufeff'],
    ['the Mongolian vowel separator', '\u180e'],
    ['a Hangul filler', '\u3164'],
    ['an interlinear annotation', '\ufff9'],
    ['a tag', '\u{e0041}'],
    ['DEL', '\u007f'],
  ])('replaces %s', (_, character) => {
    expect(printable(`a${character}b`)).toBe('a\ufffdb');
  });

  it('leaves letters, spaces and emoji alone', () => {
    const text = 'Ünïcode 日本 \u0645\u0631\u062d\u0628\u0627 e\u0301 😀 ❤\ufe0f "q" \\';

    expect(printable(text)).toBe(text);
  });

  it('leaves nothing that a terminal obeys, and is well formed', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(printable(text)).not.toMatch(OBEYED);
      }),
    );
  });

  it('replaces each such character there is, and no other one', () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      const isReplaced = printable(character) !== character;
      if (OBEYED.test(character) && !isReplaced) wrong.push(code.toString(16));
      if (isReplaced && /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u.test(character) && !/\p{DI}/u.test(character)) {
        wrong.push(code.toString(16));
      }
    }

    expect(wrong).toEqual([]);
  });
});

describe('printableLines', () => {
  it('leaves the lines of a text, and nothing else that a terminal obeys', () => {
    expect(printableLines('a\u001b[2J\nb\u009b\r\n')).toBe('a\ufffd[2J\nb\ufffd\ufffd\n');
  });
});

describe('printableJson', () => {
  it('means the same, and holds nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (key, value) => {
        const json = JSON.stringify({ [key]: value });
        expect(JSON.parse(printableJson(json))).toEqual(JSON.parse(json));
        expect(printableJson(json)).not.toMatch(OBEYED);
      }),
    );
  });
});

describe('shorten', () => {
  it('leaves what fits', () => {
    expect(shorten('abc', 3)).toBe('abc');
  });

  it('ends what does not fit in an ellipsis', () => {
    expect(shorten('abcd', 3)).toBe('ab…');
  });

  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, longest) => {
        const short = shorten(text, longest);
        expect([...short].length).toBeLessThanOrEqual(longest);
        expect(short.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('shellWord', () => {
  it('leaves a plain path alone', () => {
    expect(shellWord('/tmp/tmux-1000/a_b.c+d@e')).toBe('/tmp/tmux-1000/a_b.c+d@e');
  });

  it.each(['', 'a b', '$(id)', '`id`', "it's", 'a;b', 'a&b', '~', '*', 'a\\b', '"', '\n', 'ü', '-x$'])(
    'quotes %j as one word of a shell',
    (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
    },
  );
});

describe('fitNames', () => {
  it('gives at most as many names as asked for', () => {
    expect(fitNames(['a', 'b', 'c'], 2, 10, 100)).toEqual(['a', 'b']);
  });

  it('shortens each name', () => {
    expect(fitNames(['abcdef'], 2, 4, 100)).toEqual(['abc…']);
  });

  it('stops before the JSON of the names would be too long', () => {
    expect(fitNames(['aaa', 'bbb', 'ccc'], 9, 10, 12)).toEqual(['aaa', 'bbb']);
  });

  it('keeps within its bytes of JSON, whatever the names are', () => {
    fc.assert(
      fc.property(fc.array(hostileText), (names) => {
        const json = JSON.stringify(fitNames(names, 20, 48, 600));
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(602);
      }),
    );
  });
});
