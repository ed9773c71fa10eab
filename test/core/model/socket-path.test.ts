import { describe, expect, it } from '@jest/globals';
import { isSocketPath } from '../../../src/core/model/socket-path.ts';

describe('isSocketPath', () => {
  it.each(['/a', '/tmp/tmux-1000/default', `/${'x'.repeat(106)}`, '/tmp/a b', `/${'é'.repeat(53)}`])(
    'accepts %s',
    (path) => {
      expect(isSocketPath(path)).toBe(true);
    },
  );

  it.each([
    ['nothing', ''],
    ['a relative path', 'tmp/a'],
    ['the root', '/'],
    ['a folder', '/tmp/'],
    ['more than a socket can be bound to', `/${'x'.repeat(107)}`],
    ['more bytes than a socket can be bound to', `/${'é'.repeat(54)}`],
    ['a NUL', '/a\0b'],
    ['half a character', '/a\ud800b'],
  ])('refuses %s', (_, path) => {
    expect(isSocketPath(path)).toBe(false);
  });
});
