import { describe, expect, it } from '@jest/globals';
import { SubordinateUsers } from '../../../src/app/web/subordinate-users.ts';
import type { ReadFile } from '../../../src/core/file.ts';

const LOGINS =
  'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n';
const RANGES = `ann:100000:65536
bob:165536:10
1001:300000:65536
far:400000:65536
# a comment
ann:many:65536
`;

function usersOf(files: Readonly<Record<string, string>>) {
  let readings = 0;
  let now = 0;
  const readFile: ReadFile = async (path) => {
    readings++;
    const text = files[path];
    return text === undefined ? { kind: 'unreadable', problem: 'does not exist' } : { kind: 'read', mode: 0o644, text };
  };
  const users = new SubordinateUsers(readFile, () => now);
  return { users, readings: () => readings, wait: (ms: number) => (now += ms) };
}

describe('The user who has a user id', () => {
  it.each([
    ['of nobody is itself', 99_999, 99_999],
    ['of a user is itself', 1000, 1000],
    ['that is the first of a range is the user of the range', 100_000, 1000],
    ['that is the last of a range is the user of the range', 165_535, 1000],
    ['in a short range is its user', 165_545, 1001],
    ['after a short range is itself', 165_546, 165_546],
    ['in a range that was given to a number is that user', 300_001, 1001],
    ['in a range of a user without a login is the first of the range', 465_535, 400_000],
  ])('%s', async (_, uid, owner) => {
    expect(await usersOf({ '/etc/subuid': RANGES, '/etc/passwd': LOGINS }).users.ownerOf(uid)).toBe(owner);
  });

  it('is itself on a machine without subordinate ids', async () => {
    expect(await usersOf({ '/etc/passwd': LOGINS }).users.ownerOf(100_000)).toBe(100_000);
  });

  it('is read again after ten seconds, however many ask', async () => {
    const files: Record<string, string> = { '/etc/passwd': LOGINS };
    const { users, readings, wait } = usersOf(files);
    await Promise.all(Array.from({ length: 100 }, () => users.ownerOf(100_000)));
    expect(readings()).toBe(2);
    files['/etc/subuid'] = RANGES;

    wait(9_999);
    expect(await users.ownerOf(100_000)).toBe(100_000);
    wait(1);
    expect(await users.ownerOf(100_000)).toBe(1000);
  });
});
