import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findExecutable } from '../../../src/proc/command/executable.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

describe('findExecutable', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    await mkdir(join(folder, 'a', 'tool'), { recursive: true });
    await mkdir(join(folder, 'b'));
    await mkdir(join(folder, 'c'));
    await writeFile(join(folder, 'b', 'tool'), 'no program');
    await writeFile(join(folder, 'c', 'tool'), '#!/bin/sh\n');
    await chmod(join(folder, 'c', 'tool'), 0o755);
  });

  afterEach(() => removeFolder(folder));

  it('finds the first file that may be executed, not a folder or another file of that name', async () => {
    const path = ['/nonexistent', 'a', 'b', 'c'].map((name) => join(folder, name)).join(':');
    expect(await findExecutable('tool', path)).toBe(join(folder, 'c', 'tool'));
    expect(await findExecutable('other', path)).toBeNull();
  });

  it('takes a path as it is', async () => {
    expect(await findExecutable(join(folder, 'c', 'tool'), '')).toBe(join(folder, 'c', 'tool'));
    expect(await findExecutable(join(folder, 'b', 'tool'), '')).toBeNull();
  });
});
