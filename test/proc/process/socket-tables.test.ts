import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SocketTables } from '../../../src/proc/process/socket-tables.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

describe('The tables of listening sockets', () => {
  let root: string;
  let now: number;
  let tables: SocketTables;

  beforeEach(async () => {
    root = await makePrivateFolder();
    now = 0;
    tables = new SocketTables(root, () => now);
    await addProcess(1, 'net:[1]', '/one');
    await addProcess(2, 'net:[1]', '/two');
    await addProcess(3, 'net:[3]', '/three');
  });
  afterEach(() => removeFolder(root));

  async function addProcess(pid: number, namespace: string | null, path: string): Promise<void> {
    await mkdir(join(root, `${pid}/net`), { recursive: true });
    await mkdir(join(root, `${pid}/ns`));
    if (namespace !== null) await symlink(namespace, join(root, `${pid}/ns/net`));
    const row = `0000000000000000: 00000002 00000000 00010000 0001 01 4242 ${path}\n`;
    await writeFile(join(root, `${pid}/net/unix`), `Num RefCount Protocol Flags Type St Inode Path\n${row}`);
  }

  const recent = (pid: number) => tables.recent(pid)?.map(({ path }) => path);
  const present = (pid: number) => tables.present(pid)?.map(({ path }) => path);

  it('are recent for a second, for all processes of a network namespace', () => {
    expect(recent(1)).toBeUndefined();
    present(1);
    expect([recent(1), recent(2), recent(3)]).toEqual([['/one'], ['/one'], undefined]);
    now = 999;
    expect(recent(2)).toEqual(['/one']);
    now = 1_000;
    expect(recent(2)).toBeUndefined();
  });

  it('are replaced by each reading', () => {
    present(1);
    expect([present(2), recent(1)]).toEqual([['/two'], ['/two']]);
  });

  it('are not shared by a process whose namespace is not known', async () => {
    await addProcess(4, null, '/four');
    expect([present(4), recent(4)]).toEqual([['/four'], undefined]);
  });

  it('are null for a process that is gone', () => {
    expect([tables.recent(6), tables.present(6)]).toEqual([null, null]);
  });
});
