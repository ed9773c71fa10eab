import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distinctName, isServerName, nameElsewhere, nameOfSocket } from '../../../src/core/model/name.ts';

const CHARACTERS = 'ABYZabyz0189_.@+-'.split('');
const part = fc
  .string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 64 })
  .filter((text) => text !== '.' && text !== '..');
const serverName = fc.oneof(
  part,
  fc.tuple(part, part).map(([user, name]) => `${user}/${name}`),
);

describe('isServerName', () => {
  it.each(['default', 'a', 'A-Z_0.9@+', 'anna/work', 'work@folder', '...', 'x'.repeat(64), `anna/${'x'.repeat(64)}`])(
    'accepts %s',
    (name) => {
      expect(isServerName(name)).toBe(true);
    },
  );

  it.each([
    ['nothing', ''],
    ['one character too many', 'x'.repeat(65)],
    ['a space', 'a b'],
    ['a colon', 'a:b'],
    ['an umlaut', 'bücher'],
    ['a newline at the end', 'work\n'],
    ['a user without a name', 'anna/'],
    ['a name without a user', '/work'],
    ['two slashes', 'a/b/c'],
    ['the folder itself', '.'],
    ['the folder above', '..'],
    ['the folder above a user', 'anna/..'],
    ['a user called like the folder above', '../work'],
  ])('refuses %s', (_, name) => {
    expect(isServerName(name)).toBe(false);
  });
});

const ANNA = { uid: 1001, login: 'anna' };

describe('nameOfSocket', () => {
  const ownDirectory = '/tmp/tmux-1000';

  it.each([
    ["one's own socket by its basename", '/tmp/tmux-1000/work', null, 'work'],
    ["another user's with the login", '/tmp/tmux-1001/work', ANNA, 'anna/work'],
    ["another user's in a folder named after a third", '/tmp/tmux-1002/work', ANNA, 'anna/work@tmux-1002'],
    ["another user's elsewhere", '/srv/agents/work', ANNA, 'anna/work@agents'],
    ["one's own in a folder named after another user", '/tmp/tmux-1001/work', null, 'work@tmux-1001'],
    ["another user's without a login", '/tmp/tmux-1003/work', { uid: 1003, login: '1003' }, '1003/work'],
    ['one elsewhere with its folder', '/srv/agents/a.sock', null, 'a.sock@agents'],
    ['one in the root folder', '/a.sock', null, 'a.sock@root'],
    ['one with a space', '/tmp/tmux-1000/my project', null, 'my_project-e621b4'],
    ['one with letters of other languages', '/tmp/tmux-1000/café', null, 'caf_-f13bf3'],
    ['one with a colon', '/tmp/tmux-1000/proj:web', null, 'proj_web-fe34a0'],
    ['one with a comma', '/tmp/tmux-1000/a,b', null, 'a_b-854ef6'],
    ['one with a tilde', '/tmp/tmux-1001/foo~1', ANNA, 'anna/foo_1-841dbe'],
    ["another user's with the login, mapped", '/tmp/tmux-1001/work', { uid: 1001, login: 'pc$' }, 'pc_-855033/work'],
    ['a second one with the same user', '/srv/agents/work', { uid: 1001, login: 'pc$' }, 'pc_-855033/work@agents'],
    ['one that looks like a lock', '/tmp/tmux-1000/build.lock', null, 'build.lock'],
    ['one that is too long', `/tmp/tmux-1000/overmind-${'x'.repeat(70)}`, null, `overmind-${'x'.repeat(48)}-adb0db`],
  ])('names %s', (_, socket, owner, name) => {
    expect(nameOfSocket({ socket, ownDirectory, owner })).toBe(name);
  });
});

describe('nameOfSocket, of any path', () => {
  it('is a name, and another one for another path', () => {
    const path = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 120 })
      .map((text) => `/tmp/tmux-1000/${text.replaceAll('/', '') || 'x'}`);
    fc.assert(
      fc.property(path, path, (a, b) => {
        const [first, second] = [a, b].map((socket) =>
          nameOfSocket({ socket, ownDirectory: '/tmp/tmux-1000', owner: null }),
        );
        expect(isServerName(first ?? '')).toBe(true);
        if (a !== b) expect(first).not.toBe(second);
      }),
    );
  });
});

describe('distinctName', () => {
  // Published vectors of FNV-1a: a suffix that changed would rename servers that people have dashboards for.
  it.each([
    ['a', 'work-e40c29'],
    ['foobar', 'work-bf9cf9'],
  ])('is stable for the path %s', (socket, name) => {
    expect(distinctName('work', socket)).toBe(name);
  });

  it('keeps the user before the name', () => {
    expect(distinctName('anna/work', 'foobar')).toBe('anna/work-bf9cf9');
  });

  it('cuts a name that leaves no room', () => {
    expect(distinctName('x'.repeat(64), 'foobar')).toBe(`${'x'.repeat(57)}-bf9cf9`);
  });

  it('differs for two sockets', () => {
    expect(distinctName('a', '/x/a')).not.toBe(distinctName('a', '/y/a'));
  });

  it('makes a valid name of every valid name', () => {
    fc.assert(
      fc.property(serverName, fc.string(), (name, socket) => {
        expect(isServerName(distinctName(name, socket))).toBe(true);
      }),
    );
  });
});

describe('nameElsewhere', () => {
  it.each([
    [null, 'work@build'],
    [{ uid: 1001, login: 'ann' }, 'ann/work@build'],
    [{ uid: 1001, login: 'pc$' }, 'pc_-855033/work@build'],
  ])('of a server of %j is %s', (owner, name) => {
    expect(nameElsewhere('/proc/42/root/tmp/work', 'build', owner)).toBe(name);
  });
});
