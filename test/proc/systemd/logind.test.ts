import { afterEach, describe, expect, it } from '@jest/globals';
import {
  hasSessionEnded,
  hasUserLeft,
  killsSession,
  lingers,
  loginName,
  parseLogindConfigs,
  readLogindConfig,
  readLogindSettings,
} from '../../../src/proc/systemd/logind.ts';
import { FakeCommands } from '../../support/daemon/commands.ts';
import { makeTree, type TreeEntry } from '../../support/machine/file-tree.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';

let root = '/nonexistent';
afterEach(async () => {
  await removeFolder(root);
  root = '/nonexistent';
});

async function tree(entries: Readonly<Record<string, TreeEntry>>): Promise<string> {
  root = await makeTree(entries);
  return root;
}

const YES = '[Login]\nKillUserProcesses=yes\n';
const NO = '[Login]\nKillUserProcesses=no\n';

describe('parseLogindConfigs', () => {
  it.each([
    ['as Debian ships it', ['[Login]\n#KillUserProcesses=no\n#KillExcludeUsers=root\n'], null],
    ['set', [YES], true],
    ['set by another word', ['[Login]\n KillUserProcesses = ON \n'], true],
    ['set below another section', ['[Other]\nKillUserProcesses=yes\n'], null],
    ['set twice', [`${YES}KillUserProcesses=no\n`], false],
    ['set again in a later file', [YES, NO], false],
    ['set to nonsense', ['[Login]\nKillUserProcesses=maybe\n'], null],
    ['set to nonsense after it was set', [YES, '[Login]\nKillUserProcesses=maybe\n'], true],
    ['missing', [''], null],
  ])('reads KillUserProcesses= %s', (_, texts, expected) => {
    expect(parseLogindConfigs(texts).killUserProcesses).toBe(expected);
  });

  it.each([
    ['root where nothing is set', [''], ['root']],
    ['others than root where they are set', ['[Login]\nKillExcludeUsers=alice bob\n'], ['alice', 'bob']],
    [
      'the users of all files',
      ['[Login]\nKillExcludeUsers=alice\n', '[Login]\nKillExcludeUsers=bob\n'],
      ['alice', 'bob'],
    ],
    ['nobody where it is set to nothing', ['[Login]\nKillExcludeUsers=\n'], []],
  ])('spares %s', (_, texts, expected) => {
    expect(parseLogindConfigs(texts).killExcludeUsers).toEqual(expected);
  });
});

describe('readLogindConfig', () => {
  const drop = (place: string, name: string) => `${place}/systemd/logind.conf.d/${name}`;

  it.each<[string, Record<string, TreeEntry>, boolean | null]>([
    ['nothing is there', {}, null],
    ['the main file decides', { '/etc/systemd/logind.conf': YES }, true],
    ["the vendor's main file is the only one", { '/usr/lib/systemd/logind.conf': YES }, true],
    ['both have a main file', { '/etc/systemd/logind.conf': NO, '/usr/lib/systemd/logind.conf': YES }, false],
    [
      'a drop-in overrides the main file',
      { '/etc/systemd/logind.conf': NO, [drop('/usr/lib', '10-kill.conf')]: YES },
      true,
    ],
    [
      'the last drop-in by name decides',
      { [drop('/etc', '10-a.conf')]: YES, [drop('/usr/lib', '20-b.conf')]: NO },
      false,
    ],
    [
      '/etc replaces a drop-in of one name',
      { [drop('/etc', '10-a.conf')]: NO, [drop('/usr/lib', '10-a.conf')]: YES },
      false,
    ],
    ['/run stands above /usr/lib', { [drop('/run', '10-a.conf')]: NO, [drop('/usr/lib', '10-a.conf')]: YES }, false],
    [
      'a link to /dev/null turns one off',
      {
        '/etc/systemd/logind.conf': NO,
        [drop('/etc', '10-a.conf')]: { linkTo: '/dev/null' },
        [drop('/usr/lib', '10-a.conf')]: YES,
      },
      false,
    ],
    ['another suffix is no drop-in', { '/etc/systemd/logind.conf': NO, [drop('/etc', '10-a.conf.bak')]: YES }, false],
  ])('where %s', async (_, entries, expected) => {
    expect(readLogindConfig(await tree(entries)).killUserProcesses).toBe(expected);
  });
});

describe('readLogindSettings', () => {
  it("takes logind's own word, which knows the default", async () => {
    const { run, lines } = new FakeCommands({ loginctl: 'KillUserProcesses=yes\n' });
    await tree({ '/run/systemd/system/.keep': '', '/etc/systemd/logind.conf': '[Login]\nKillExcludeUsers=bob\n' });

    expect(await readLogindSettings(root, run)).toMatchObject({ killUserProcesses: true, killExcludeUsers: ['bob'] });
    expect(lines).toEqual(['loginctl show-user --property=KillUserProcesses']);
  });

  it('uses the files if logind does not answer', async () => {
    await tree({ '/run/systemd/system/.keep': '', '/etc/systemd/logind.conf': YES });

    expect((await readLogindSettings(root, new FakeCommands().run)).killUserProcesses).toBe(true);
  });

  it('does not ask if there is no systemd', async () => {
    const { run, lines } = new FakeCommands();

    expect([(await readLogindSettings(root, run)).killUserProcesses, lines]).toEqual([null, []]);
  });
});

describe('killsSession', () => {
  const settings = { killUserProcesses: true, killOnlyUsers: [], killExcludeUsers: ['root'] };

  it.each([
    ['alice', settings, true],
    ['root', settings, false],
    ['alice', { ...settings, killOnlyUsers: ['bob'] }, false],
    ['bob', { ...settings, killOnlyUsers: ['bob'] }, true],
    ['bob', { ...settings, killOnlyUsers: ['bob'], killExcludeUsers: ['bob'] }, false],
    ['alice', { ...settings, killUserProcesses: false }, false],
    ['alice', { ...settings, killUserProcesses: null }, null],
    ['root', { ...settings, killUserProcesses: null }, false],
  ])('of %s with %j: %s', (user, given, expected) => {
    expect(killsSession(given, user)).toBe(expected);
  });
});

describe('logins', () => {
  const MACHINE = {
    '/run/systemd/sessions/3': 'UID=1000\nSTATE=active\n',
    '/run/systemd/sessions/4': 'UID=1000\nSTATE=closing\n',
    '/run/systemd/users/1000': 'NAME=alice\nSTATE=active\n',
    '/run/systemd/users/1001': 'NAME=bob\nSTATE=closing\n',
    '/run/systemd/users/1002': 'NAME=carol\nSTATE=lingering\n',
    '/var/lib/systemd/linger/carol': '',
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\ndave:x:1003:1003::/home/dave:/bin/sh\n',
  };

  it.each([
    ['3', false],
    ['4', true],
    ['5', true],
  ])('session %s has ended: %s', async (id, expected) => {
    expect(hasSessionEnded(await tree(MACHINE), id)).toBe(expected);
  });

  it.each([
    [1000, false],
    [1001, true],
    [1002, false],
    [1003, true],
  ])('user %i has left: %s', async (uid, expected) => {
    expect(hasUserLeft(await tree(MACHINE), uid)).toBe(expected);
  });

  it.each([
    ['alice', false],
    ['carol', true],
  ])('%s lingers: %s', async (user, expected) => {
    expect(lingers(await tree(MACHINE), user)).toBe(expected);
  });

  it.each([
    [1000, 'alice'],
    [1003, 'dave'],
    [9999, null],
  ])('uid %i is %s', async (uid, expected) => {
    expect(loginName(await tree(MACHINE), uid)).toBe(expected);
  });

  it('are not known without logind', () => {
    expect([hasSessionEnded(root, '3'), hasUserLeft(root, 1000), lingers(root, 'alice'), loginName(root, 0)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});
