import { describe, expect, it } from '@jest/globals';
import { readYaml } from '../../../src/config/file/yaml-document.ts';

describe('readYaml', () => {
  const document = readYaml('poll:\n  timeout: 2s\nservers:\n  - name: a\n  - {name: b, socket: /b}\n');

  it('gives plain values', () => {
    expect(document.value).toEqual({
      poll: { timeout: '2s' },
      servers: [{ name: 'a' }, { name: 'b', socket: '/b' }],
    });
  });

  it.each([
    [['poll'], 'key', { line: 1, column: 1 }],
    [['poll'], 'value', { line: 2, column: 3 }],
    [['poll', 'timeout'], 'key', { line: 2, column: 3 }],
    [['poll', 'timeout'], 'value', { line: 2, column: 12 }],
    [['servers', 1, 'socket'], 'key', { line: 5, column: 15 }],
    [['servers', 1, 'socket'], 'value', { line: 5, column: 23 }],
  ] as const)('locates %j, its %s', (path, part, position) => {
    expect(document.locate(path, part)).toEqual(position);
  });

  it('locates what is left out at the mapping that lacks it', () => {
    expect(document.locate(['servers', 0, 'socket'], 'value')).toEqual({ line: 4, column: 5 });
  });

  it('locates the parts of an alias at the alias', () => {
    expect(readYaml('a: &x {b: 1}\nc: *x\n').locate(['c', 'b'], 'value')).toEqual({ line: 2, column: 4 });
  });

  it('keeps zeros, dates, yes and hexadecimals as YAML 1.2 has them', () => {
    expect(readYaml('a: 010\nb: 2001-01-01\nc: yes\nd: 0xff\n').value).toEqual({
      a: 10,
      b: '2001-01-01',
      c: 'yes',
      d: 255,
    });
  });

  it('keeps the digits of an octal number', () => {
    expect(readYaml('0o660').value).toBe('0o660');
  });

  it('reads nothing as null', () => {
    expect(readYaml('')).toMatchObject({ value: null, errors: [], duplicates: [] });
  });

  it.each([
    ['!S3cret', '!'],
    ['!a!S3cret', '!'],
    ['!<S3cret>', '!'],
    ['!S3cret!', '!'],
    ['|S3cret', '|'],
    ['>S3cret', '>'],
    ['*S3cret', '*'],
    ['{*S3cret : b}', '*'],
  ])('shows nothing of a text that has to be in quotes: %s', (text, sign) => {
    const messages = readYaml(`a: ${text}\n`).errors.map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining('into quotes')]);
    expect(messages[0]).toContain(sign);
    expect(messages[0]).not.toContain('S3cret');
  });

  it.each(['%S3cret\n---\n', '%YAML S3cret\n---\n', 'a: "\\xS3cret"\n', 'a: "b" S3cret\n', '}S3cret\n'])(
    'shows nothing of a text that is no YAML: %j',
    (text) => {
      const { errors } = readYaml(text);
      expect(errors.length).toBeGreaterThan(0);
      expect(JSON.stringify(errors)).not.toContain('S3');
    },
  );

  it('reports one error for each line', () => {
    const { errors } = readYaml('- a\nb: 1\n');
    expect(errors.map(({ line }) => line)).toEqual([2]);
  });
});
