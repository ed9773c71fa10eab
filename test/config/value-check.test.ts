import { describe, expect, it } from '@jest/globals';
import { absolutePath, integer, listOf, orNull, text } from '../../src/config/kind/kind.ts';
import { type OptionTree, option, schemaOf } from '../../src/config/kind/option.ts';
import { leavesOf } from '../../src/config/leaf.ts';
import { formatProblems } from '../../src/config/problem.ts';
import { check } from '../../src/config/value-check.ts';

const token = text({ placeholder: 'token', values: 'token', expected: 'a long token' }, (value) => value.length > 99);
const tree = {
  hook: {
    tokens: option(listOf(token), { default: [], description: 'Tokens.', secret: true }),
    file: option(orNull(absolutePath), { default: null, description: 'Its file.', secret: 'in_file' }),
    retries: option(integer(0), { default: 1, description: 'Retries.' }),
  },
};

function messages(value: unknown, options: OptionTree = tree): string {
  const sourceOf = () => ({ kind: 'file', file: 'c.yaml', line: 1, column: 1 }) as const;
  return formatProblems(check(value, { schema: schemaOf(options), leaves: leavesOf(options), root: [], sourceOf }));
}

describe('the value found in place of a secret', () => {
  it.each([
    ['in its place', { hook: { tokens: ['hunter2'] } }],
    ['in place of its list', { hook: { tokens: 'hunter2' } }],
    ['in place of its section', { hook: 'hunter2' }],
  ])('is not shown, %s', (_, value) => {
    expect(messages(value)).toContain('found something else (it is secret)');
    expect(messages(value)).not.toContain('hunter2');
  });

  it.each(['hunter2', 1234, 'https://hooks.example/hunter2'])('is not shown in place of its file: %j', (file) => {
    expect(messages({ hook: { file } })).toContain(
      'expected an absolute path, found something else (it may be secret)',
    );
  });

  it.each(['~/token', '/etc/to\0ken'])('is shown if it is a path: %j', (file) => {
    expect(messages({ hook: { file } })).toMatch(/found "[~/]/);
  });

  it('does not hide its neighbours', () => {
    expect(messages({ hook: { retries: 'many' } })).toContain('found "many"');
  });
});
