import { describe, expect, it } from '@jest/globals';
import { Users, usersReader } from '../../src/app/users.ts';
import type { ReadFile } from '../../src/core/file.ts';
import { FileReader } from '../../src/files/file-reader.ts';

const LOGINS = `root:x:0:0:root:/root:/bin/sh
toor:x:0:0::/root:/bin/sh
ann:x:1000:1000::/home/ann:/bin/sh
bob:x:1001:1001::/home/bob:/bin/sh

+nis::::::
`;
const RANGES = `ann:100000:65536
bob:165536:10
1001:300000:65536
far:400000:65536
root:1000000:65536
# a comment
ann:many:65536
`;

function readerOf(files: Readonly<Record<string, string>>): ReadFile {
  return async (path) => {
    const text = files[path];
    return text === undefined ? { kind: 'unreadable', problem: 'does not exist' } : { kind: 'read', mode: 0o644, text };
  };
}

describe('The owner of a user id', () => {
  it.each([
    ['of a user is that user', 1000, { uid: 1000, login: 'ann' }],
    ['with two logins is called by the first', 0, { uid: 0, login: 'root' }],
    ['without a login is called by the id', 99_999, { uid: 99_999, login: '99999' }],
    ['that is the first of a range is the user of the range', 100_000, { uid: 1000, login: 'ann' }],
    ['that is the last of a range is the user of the range', 165_535, { uid: 1000, login: 'ann' }],
    ['in a short range is its user', 165_545, { uid: 1001, login: 'bob' }],
    ['after a short range is itself', 165_546, { uid: 165_546, login: '165546' }],
    ['in a range that was given to a number is that user', 300_001, { uid: 1001, login: 'bob' }],
    ['in a range of a user without a login is the first of the range', 465_535, { uid: 400_000, login: '400000' }],
    ['in a range of root, as containers have, is not root', 1_000_033, { uid: 1_000_000, login: '1000000' }],
  ])('%s', async (_, uid, owner) => {
    expect((await Users.read(readerOf({ '/etc/subuid': RANGES, '/etc/passwd': LOGINS }))).ownerOf(uid)).toEqual(owner);
  });

  it('is itself on a machine without subordinate ids', async () => {
    expect((await Users.read(readerOf({ '/etc/passwd': LOGINS }))).ownerOf(100_000).uid).toBe(100_000);
  });

  it('is called by its id on a machine without logins', async () => {
    expect((await Users.read(readerOf({}))).ownerOf(1000)).toEqual({ uid: 1000, login: '1000' });
  });

  it('knows root on this machine', async () => {
    expect((await Users.read(new FileReader().read)).ownerOf(0)).toEqual({ uid: 0, login: 'root' });
  });
});

describe('The users of the machine', () => {
  it('are read again after ten seconds, however many ask', async () => {
    let [readings, now] = [0, 0];
    const files: Record<string, string> = { '/etc/passwd': LOGINS };
    const users = usersReader(
      (path, most) => {
        readings++;
        return readerOf(files)(path, most);
      },
      () => now,
    );
    await Promise.all(Array.from({ length: 100 }, users));
    expect(readings).toBe(2);
    files['/etc/subuid'] = RANGES;

    now = 9_999;
    expect((await users()).ownerOf(100_000).uid).toBe(100_000);
    now = 10_000;
    expect((await users()).ownerOf(100_000).uid).toBe(1000);
  });
});
