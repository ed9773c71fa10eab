import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProcessTurnover } from '../../../src/proc/process/process-turnover.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

let folder: string;
let path: string;
let turnover: ProcessTurnover;

beforeEach(async () => {
  folder = await makePrivateFolder();
  path = join(folder, 'loadavg');
  await writeFile(path, '0.00 0.01 0.05 1/234 5678\n');
  turnover = new ProcessTurnover(path, true);
  turnover.hasChanged();
});
afterEach(async () => {
  turnover.close();
  await removeFolder(folder);
});

describe('ProcessTurnover', () => {
  it('has no change while only the load and the running threads differ', async () => {
    await writeFile(path, '1.37 0.22 0.09 3/234 5678\n');

    expect(turnover.hasChanged()).toBe(false);
  });

  it('has one change when a process has begun', async () => {
    await writeFile(path, '0.00 0.01 0.05 1/235 5679\n');

    expect([turnover.hasChanged(), turnover.hasChanged()]).toEqual([true, false]);
  });

  it('has a change when a process has begun and another one has ended', async () => {
    await writeFile(path, '0.00 0.01 0.05 1/234 5679\n');

    expect(turnover.hasChanged()).toBe(true);
  });

  it('has a change when a process has ended', async () => {
    await writeFile(path, '0.00 0.01 0.05 1/233 5678\n');

    expect(turnover.hasChanged()).toBe(true);
  });

  it.each(['0.00 0.00 0.00 0/0 0\n', 'hello\n', ''])(
    'always has a change if the file does not tell: %j',
    async (text) => {
      await writeFile(path, text);

      expect([turnover.hasChanged(), turnover.hasChanged()]).toEqual([true, true]);
    },
  );

  it('always has a change if the file is not that of the kernel, or does not exist', () => {
    const others = [new ProcessTurnover(path), new ProcessTurnover(join(folder, 'none'))];

    for (const other of others) expect([other.hasChanged(), other.hasChanged()]).toEqual([true, true]);
  });

  it('always has a change if the file cannot be opened or read', () => {
    const others = [new ProcessTurnover(join(folder, 'none'), true), new ProcessTurnover(folder, true)];

    for (const other of others) expect([other.hasChanged(), other.hasChanged()]).toEqual([true, true]);
    for (const other of others) other.close();
  });

  it('always has a change once it is closed', () => {
    turnover.close();

    expect([turnover.hasChanged(), turnover.hasChanged()]).toEqual([true, true]);
  });
});
