import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspectCollections, inspectDirectory } from '../../../src/app/requirements/inspection.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

describe('What check says of a collector', () => {
  it('is that it is on, or why it is off', () => {
    const off = 'off: there is no /proc to read';
    expect(
      inspectCollections([null, off].map((problem) => ({ collector: 'process', durationMs: 1, problem }))),
    ).toEqual([
      { verdict: 'fine', subject: 'process collector', message: 'on' },
      { verdict: 'note', subject: 'process collector', message: off },
    ]);
  });
});

describe('What check says of a socket directory', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    await writeFile(join(folder, 'file'), '');
    await symlink('loop', join(folder, 'loop'));
  });
  afterAll(() => removeFolder(folder));

  it.each([
    ['', 'fine', ''],
    ['/absent', 'note', ' does not exist yet: tmux creates it for its first server'],
    ['/file', 'bad', ' is no directory'],
    ['/file/below', 'bad', ' cannot be read (ENOTDIR)'],
    ['/loop', 'bad', ' cannot be read (ELOOP)'],
  ])('at "%s" is %s', async (place, verdict, problem) => {
    const directory = folder + place;
    const found = await inspectDirectory(directory, process.getuid?.() ?? null);
    expect(found).toMatchObject({ verdict, subject: 'socket directory', message: directory + problem });
  });
});
