import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readBytes, readStart, readText } from '../../../src/proc/kernel/text-file.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

describe('A text file', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    path = join(folder, 'file');
  });
  afterEach(() => removeFolder(folder));

  it.each([0, 1, 16_383, 16_384, 16_385, 100_000])('of %i bytes is read as a whole', async (length) => {
    const text = 'abcdefg'.repeat(length).slice(0, length);
    await writeFile(path, text);

    expect(readText(path) === text).toBe(true);
  });

  it('is read if it has as many bytes as are allowed, and not with one more', async () => {
    await writeFile(path, 'x'.repeat(20_000));

    expect([readText(path, 20_000)?.length, readText(path, 19_999)]).toEqual([20_000, null]);
  });

  it('without a bound of its own is not read if somebody made it huge', async () => {
    await writeFile(path, 'x');
    await truncate(path, 1024 ** 3);

    expect(readText(path)).toBeNull();
  });

  it('of any size has a beginning', async () => {
    await writeFile(path, 'begin');
    await truncate(path, 3 * 1024 ** 3);

    expect([readStart(path, 5), readStart(path, 2), readBytes(path, 40_000)?.length]).toEqual(['begin', 'be', 40_000]);
  });

  it('is null if it does not exist, or is a folder', () => {
    expect([readText(path), readStart(path, 9), readText(folder)]).toEqual([null, null, null]);
  });
});
