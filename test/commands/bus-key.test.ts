import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOperator, fromPublic, fromSeed } from '@nats-io/nkeys';
import { cli } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

describe('bus key', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    file = join(folder, 'bus.nk');
  });
  afterEach(() => removeFolder(folder));

  it('makes a key whose seed only its user can read, and shows the public part alone', async () => {
    const { code, stdout, stderr } = await cli(['bus', 'key', file]);
    expect({ code, stderr, stdout }).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^U[A-Z2-7]{55}\n$/),
    });
    const seed = new TextEncoder().encode((await readFile(file, 'utf8')).trim());
    const text = new TextEncoder().encode('signed');
    expect(fromPublic(stdout.trim()).verify(text, fromSeed(seed).sign(text))).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('says which folder to make', async () => {
    const { code, stderr } = await cli(['bus', 'key', join(folder, 'a b', 'bus.nk')]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${folder}/a b/bus.nk cannot be made: ENOENT; make its folder first: mkdir -p -m 700 '${folder}/a b'\n`,
    });
  });

  it('shows the public key of a file that is there, and leaves the file alone', async () => {
    const made = await cli(['bus', 'key', file]);
    const text = await readFile(file, 'utf8');
    expect(await cli(['bus', 'key', file])).toEqual(made);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('refuses a file that is no seed of a user, or that others can read, and shows nothing of it', async () => {
    const seed = new TextDecoder().decode(createOperator().getSeed());
    await writeFile(file, seed, { mode: 0o600 });
    const other = await cli(['bus', 'key', file]);
    await chmod(file, 0o644);
    const open = await cli(['bus', 'key', file]);
    const none = await cli(['bus', 'key', join(folder, 'no', 'bus.nk')]);
    expect(other).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('expected the seed of a user'),
    });
    expect(open).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('expected 0600 or 0640') });
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('cannot be made: ENOENT') });
    expect(JSON.stringify([other, open])).not.toContain(seed);
  });
});
