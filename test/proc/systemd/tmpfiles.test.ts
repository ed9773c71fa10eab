import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { cleanedFolderOf, parseTmpfiles, readTmpfilesRules } from '../../../src/proc/systemd/tmpfiles.ts';
import { addToTree, makeTree } from '../../support/machine/file-tree.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';
import { isInstalled } from '../../support/machine/program.ts';

const execute = promisify(execFile);

let root = '/nonexistent';
afterEach(async () => {
  await removeFolder(root);
  root = '/nonexistent';
});

/** Rules about `@`, a folder, and whether cleaning deletes the old file `@/tmux-1000/default`. */
const SETS: readonly (readonly [situation: string, rules: string, isDeleted: boolean])[] = [
  ['nothing is said', '', false],
  ['a folder above is cleaned', 'd @ - - - m:1d', true],
  ['a folder above has no age', 'd @ 1777 root root -', false],
  ['its own folder is cleaned', 'd @/tmux-1000 - - - m:1d', true],
  ['a glob of a folder above is cleaned', 'e @/tmux-* - - - m:1d', true],
  ['a folder beside it is cleaned', 'd @/other - - - m:1d', false],
  ['the rule is for the boot alone', 'd! @ - - - m:1d', false],
  ['x exempts its folder', 'd @ - - - m:1d\nx @/tmux-*', false],
  ['x exempts it', 'd @ - - - m:1d\nx @/tmux-1000/default', false],
  ['x exempts another folder', 'd @ - - - m:1d\nx @/tmux-1001', true],
  ['x stands before the rule', 'x @/tmux-1000\nd @ - - - m:1d', false],
  ['X exempts its folder, and not what is in it', 'd @ - - - 0\nX @/tmux-1000', true],
  ['X exempts it', 'd @ - - - m:1d\nX @/tmux-1000/default', false],
  ['X exempts its folder below another that has no age', 'd @\nX @/tmux-1000', false],
  ['a rule without an age stands for its folder', 'd @ - - - m:1d\nd @/tmux-1000', false],
  ['a rule to remove at boot stands for its folder', 'd @ - - - m:1d\nR! @/tmux-*', true],
  ['a rule to remove stands for its folder', 'd @ - - - m:1d\nR @/tmux-*', false],
  ['the first of two rules has no age', 'd @\nd @ - - - m:1d', false],
  ['the first of two rules has an age', 'd @ - - - m:1d\nd @', true],
  ['an age spares the first level', 'd @ - - - ~m:1d', true],
  ['an age spares the first level, which is its own', 'd @/tmux-1000 - - - ~m:1d', false],
  ['the rule is a comment', '# d @ - - - m:1d', false],
  ['the path is quoted', 'd "@" - - - m:1d', true],
  ['the path ends with a slash', 'd @/ - - - m:1d', true],
];

describe('cleanedFolderOf', () => {
  it.each(SETS)('if %s', (_, rules, isDeleted) => {
    const parsed = parseTmpfiles(rules.replaceAll('@', '/tmp/t'), '/etc/tmpfiles.d/t.conf');

    expect(cleanedFolderOf('/tmp/t/tmux-1000/default', parsed) !== null).toBe(isDeleted);
  });

  it('names the folder and the file', () => {
    const rules = parseTmpfiles('q /tmp 1777 root root 10d\n', '/usr/lib/tmpfiles.d/tmp.conf');

    expect(cleanedFolderOf('/tmp/tmux-1000/default', rules)).toEqual({
      folder: '/tmp',
      file: '/usr/lib/tmpfiles.d/tmp.conf',
    });
  });

  it('takes %T for /tmp, and what depends on the boot for anything', () => {
    const rules = parseTmpfiles('d %T - - - 10d\nx /tmp/private-%b-*\n', 'a.conf');

    expect(cleanedFolderOf('/tmp/tmux-1000/default', rules)?.folder).toBe('/tmp');
    expect(cleanedFolderOf('/tmp/private-1f-x/tmux-1000/default', rules)).toBeNull();
  });
});

describe('readTmpfilesRules', () => {
  const AGED = 'q /tmp 1777 root root 10d\n';
  const AGELESS = 'q /tmp 1777 root root -\n';
  const place = (folder: string, name = 'tmp.conf') => `${folder}/tmpfiles.d/${name}`;

  it.each([
    ['the vendor cleans', { [place('/usr/lib')]: AGED }, true],
    ['/etc replaces the file of the vendor', { [place('/usr/lib')]: AGED, [place('/etc')]: AGELESS }, false],
    ['/run replaces the file of the vendor', { [place('/usr/lib')]: AGED, [place('/run')]: AGELESS }, false],
    ['/etc replaces /run', { [place('/run')]: AGED, [place('/etc')]: AGELESS }, false],
    [
      'a link to /dev/null turns the file off',
      { [place('/usr/lib')]: AGED, [place('/etc')]: { linkTo: '/dev/null' } },
      false,
    ],
    ['an earlier name says something else', { [place('/usr/lib')]: AGED, [place('/etc', 'a.conf')]: AGELESS }, false],
    ['a later name says something else', { [place('/usr/lib')]: AGED, [place('/etc', 'z.conf')]: AGELESS }, true],
    ['another file exempts it', { [place('/usr/lib')]: AGED, [place('/etc', 'z.conf')]: 'x /tmp/tmux-*\n' }, false],
  ])('where %s', async (_, files, isCleaned) => {
    root = await makeTree(files);

    expect(cleanedFolderOf('/tmp/tmux-1000/default', readTmpfilesRules(root)) !== null).toBe(isCleaned);
  });
});

const describeWithTmpfiles = isInstalled('systemd-tmpfiles') ? describe : describe.skip;

describeWithTmpfiles('systemd-tmpfiles itself agrees', () => {
  it.each(SETS)('if %s', async (_, rules, isDeleted) => {
    root = await makeTree({ '/t/tmux-1000/default': '', '/t/other/.keep': '' });
    const file = `${root}/t/tmux-1000/default`;
    await utimes(file, 1_000, 1_000);
    await addToTree(root, { '/t.conf': rules.replaceAll('@', `${root}/t`) });

    await execute('systemd-tmpfiles', ['--clean', `${root}/t.conf`]);

    expect(!existsSync(file)).toBe(isDeleted);
  });
});
