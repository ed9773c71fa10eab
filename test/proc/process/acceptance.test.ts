import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AcceptanceProof } from '../../../src/proc/process/acceptance.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const PENDING = '00000000b146a3ff: 00000003 00000000 00000000 0001 02     0 /tmp/s\n';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('A proof that a process accepts the connections of a socket', () => {
  let root: string;
  let server: TmuxServer;

  beforeEach(async () => {
    root = await makePrivateFolder();
    server = await TmuxServer.start();
    await symlink(`/proc/${server.pid}`, join(root, String(server.pid)));
    await mkdir(join(root, 'net'));
  });

  afterEach(async () => {
    await server.cleanup();
    await removeFolder(root);
  });

  /** Tries to prove that the server accepts the connections of another one. */
  async function tryAnother(table: string): Promise<string> {
    await writeFile(join(root, 'net/unix'), table);
    const reach = join(root, 'other');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(reach, resolve));
    try {
      return await new AcceptanceProof(root).prove(server.pid, { uid: 0, reach });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  }

  it('is refuted if another process has accepted them', async () => {
    expect(await tryAnother('')).toBe('refuted');
  });

  it('is undecided while some may not be accepted yet', async () => {
    expect(await tryAnother(PENDING)).toBe('undecided');
  });
});
