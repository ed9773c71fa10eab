import { describe, expect, it } from '@jest/globals';
import { serverList } from '../../../src/config/entry/server-entry.ts';

describe('the list of servers', () => {
  it.each([
    ['a path', { socket: '/a' }, { kind: 'path', name: null, socket: '/a' }],
    ['a path with a name', { name: 'alice/a', socket: '/a' }, { kind: 'path', name: 'alice/a', socket: '/a' }],
    ['a name to be resolved', { name: 'a' }, { kind: 'name', name: 'a' }],
  ])('takes %s', (_, raw, entry) => {
    expect(serverList.schema.parse([raw])).toEqual([entry]);
  });

  it('takes a path of 107 bytes and not of 108', () => {
    const longest = `/${'x'.repeat(106)}`;
    expect(serverList.schema.safeParse([{ socket: longest }]).success).toBe(true);
    expect(serverList.schema.safeParse([{ socket: `${longest}x` }]).success).toBe(false);
  });

  it('distinguishes a name from a socket of the same text', () => {
    expect(
      serverList.schema.safeParse([
        { name: 'a', socket: '/b' },
        { name: 'b', socket: '/a' },
      ]).success,
    ).toBe(true);
  });
});
