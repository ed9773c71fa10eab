import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, daemonFlags } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

describe('tmux-exporter check, of a socket directory that others may enter', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makePrivateFolder();
  });
  afterEach(() => removeFolder(folder));

  async function check(name: string): Promise<string> {
    const directory = join(folder, name);
    await mkdir(directory);
    await chmod(directory, 0o755);
    const [flag = '', storage = ''] = daemonFlags(directory);
    return (await cli(['check', flag, storage, '--no-tmux.discover-processes'])).stdout;
  }

  it.each(['tmux-1000', 'tmp'])('says nothing of the mode of %s, which is no danger', async (name) => {
    const text = await check(name);
    expect(text).toContain(`socket directory: ${join(folder, name)}`);
    expect(text).not.toContain('chmod');
  });
});
