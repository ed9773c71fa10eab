import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/config/file/load.ts';
import { readWebFile } from '../../../src/config/file/web-file.ts';
import { formatProblems } from '../../../src/config/problem.ts';

const LEVELS = 'expected at most 64 mappings and lists in one another, found more';

/** What is said of a file, as configuration and as web configuration: line by line. */
function said(text: string): string[][] {
  const config = loadConfig({ flags: { 'config.file': '/c' }, env: {}, readFile: () => text });
  const web = readWebFile('/c', text);
  return [config, web].map((reading) => {
    return reading.kind === 'invalid' ? formatProblems(reading.problems).split('\n') : [];
  });
}

function repeated(count: number, lineOf: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => lineOf(at)).join('\n');
}

describe('A file that is more than a configuration', () => {
  it.each([
    ['200,000 unknown keys', repeated(200_000, (at) => `k${at}: 1`)],
    ['a million empty lines', '\n'.repeat(1_000_000)],
    ['one long list', `a: [${'1,'.repeat(100_000)}1]`],
  ])('is refused before anything is made of it: %s', (_, text) => {
    for (const lines of said(text)) {
      expect(lines).toEqual([
        '1 problem in the configuration:',
        expect.stringMatching(/^ {2}\/c:\d+:1: expected at most 50000 words and signs in a file, found more$/),
      ]);
    }
  });

  it.each([
    ['lists', '['.repeat(100_000)],
    ['mappings', '{a: '.repeat(100_000)],
    ['lists of lists on one line', '- '.repeat(20_000)],
    ['keys of keys on one line', '? '.repeat(20_000)],
    ['mappings, line by line', repeated(1_000, (at) => `${' '.repeat(at)}a:`)],
    ['lists, line by line', repeated(1_000, (at) => `${' '.repeat(at)}-`)],
    ['just more than are allowed', `a: ${'['.repeat(65)}${']'.repeat(65)}`],
  ])('is refused for its depth, and no stack overflows: %s', (_, text) => {
    for (const lines of said(text)) {
      expect(lines).toHaveLength(2);
      expect(lines[1]).toMatch(new RegExp(`^  /c:\\d+:\\d+: ${LEVELS}$`));
    }
  });

  it('is refused for more aliases than the parser resolves', () => {
    for (const lines of said(`x: &x 1\n${repeated(101, (at) => `k${at}: *x`)}`)) {
      expect(lines[1]).toBe('  /c:102:1: expected at most 100 aliases in a file, found more');
    }
  });
});

describe('Many problems', () => {
  it.each([
    ['unknown keys', repeated(5_000, (at) => `k${at}: 1`), 5_000],
    ['keys that are there already', repeated(5_001, () => 'log: {}'), 5_000],
    ['lines that are no YAML', repeated(5_000, () => ': : :'), 5_000],
    ['bad values in a list', `servers:\n${repeated(3_000, () => '- {name: 1}')}`, 3_000],
  ])('are counted, and 50 of them named: %s', (_, text, count) => {
    const [lines = []] = said(text);

    expect(lines).toHaveLength(52);
    expect(lines[0]).toBe(`${count} problems in the configuration:`);
    expect(lines.at(-1)).toMatch(new RegExp(`: and ${count - 50} more problems$`));
  });
});
