import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { chmod, chown, lchown, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileKey } from '../../../src/core/file.ts';
import { type BinaryAccess, binaryAccess } from '../../../src/tmux/binary/binary-access.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { listenOn } from '../../support/tmux/stale-socket.ts';

const UID = process.getuid?.() ?? 0;
const NOBODY = 65_534;
/** A user id without an account. */
const STRANGER = 4_000_000_001;
const itAsRoot = UID === 0 ? it : it.skip;

describe('binaryAccess', () => {
  let above = '';
  let folder = '';
  let socket = '';
  let server: Server;

  beforeEach(async () => {
    above = await makePrivateFolder();
    folder = join(above, 'private');
    socket = join(folder, 'x');
    await mkdir(folder, { mode: 0o700 });
    server = await listenOn(socket);
  });

  afterEach(async () => {
    server.close();
    await removeFolder(above);
  });

  /** For the file that is at the path, as it was held a moment ago. */
  function access(path: string, uid = UID, ownUid: number | null = UID): Promise<BinaryAccess> {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return binaryAccess(path, { uid, file: found ? fileKey(found) : '' }, ownUid);
  }

  const granted = () => ({ kind: 'granted', socket, identity: null });

  it('is granted for our own socket in our own folder, as ourselves: /tmp above it is open, but sticky', async () => {
    expect(await access(socket)).toEqual(granted());
  });

  it('is granted if the platform has no user ids', async () => {
    expect(await access(socket, UID, null)).toEqual(granted());
  });

  it.each([0o700, 0o755, 0o1777, 0o1722])('is granted below a folder of mode %o', async (mode) => {
    await chmod(folder, mode);
    expect(await access(socket)).toEqual(granted());

    await chmod(folder, 0o700);
    await chmod(above, mode);
    expect(await access(socket)).toEqual(granted());
  });

  it.each([0o702, 0o720, 0o777, 0o2775])('is refused below a folder of mode %o, however far up', async (mode) => {
    const found = `uid ${UID}, mode ${mode.toString(8).padStart(4, '0')}`;
    const message = (open: string) =>
      `a tmux client is not run on a socket below ${open}: expected a folder of root or uid ${UID} that nobody else may write to, found ${found}`;
    await chmod(folder, mode);
    expect(await access(socket)).toEqual({ kind: 'refused', message: message(folder) });

    await chmod(folder, 0o700);
    await chmod(above, mode);
    expect(await access(socket)).toEqual({ kind: 'refused', message: message(above) });
  });

  itAsRoot('is refused below a folder of a third user, sticky or not', async () => {
    await chown(above, STRANGER, STRANGER);
    const refused = { kind: 'refused', message: expect.stringContaining(`found uid ${STRANGER}`) };

    expect(await access(socket)).toEqual(refused);
    await chmod(above, 0o1777);
    expect(await access(socket)).toEqual(refused);
  });

  itAsRoot("is granted to root as the socket's owner, with the group of the account and not of the file", async () => {
    await Promise.all([chown(folder, NOBODY, 0), lchown(socket, NOBODY, 0)]);
    const gid = Number(execFileSync('id', ['-g', String(NOBODY)], { encoding: 'utf8' }));

    expect(gid).not.toBe(0);
    expect(await access(socket, NOBODY, 0)).toEqual({
      kind: 'granted',
      socket,
      identity: { uid: NOBODY, gid },
    });
  });

  itAsRoot('is refused for a user without an account', async () => {
    await chown(socket, STRANGER, STRANGER);

    expect(await access(socket, STRANGER, 0)).toEqual({
      kind: 'refused',
      message: `uid ${STRANGER} has no account in /etc/passwd, so its group is not known`,
    });
  });

  it('checks the folders of the real path, and returns that path', async () => {
    const link = join(above, 'link');
    await symlink(folder, link);
    expect(await access(join(link, 'x'))).toEqual(granted());

    await chmod(folder, 0o777);
    expect(await access(join(link, 'x'))).toMatchObject({ kind: 'refused' });
  });

  it('is refused for what is no socket of its owner any more', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');

    expect(await access(file)).toEqual({
      kind: 'refused',
      message: `${file} is no longer the socket of uid ${UID} that was found`,
    });
  });

  itAsRoot('is refused for a socket that has another owner now', async () => {
    await chown(socket, STRANGER, STRANGER);

    expect(await access(socket, NOBODY, 0)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(`no longer the socket of uid ${NOBODY}`),
    });
  });

  it('is refused for another socket that has its place', async () => {
    const file = fileKey(statSync(socket, { bigint: true }));
    const other = await listenOn(join(folder, 'other'));
    await rename(join(folder, 'other'), socket);

    expect(await binaryAccess(socket, { uid: UID, file }, UID)).toEqual({
      kind: 'refused',
      message: `${socket} is no longer the socket of uid ${UID} that was found`,
    });
    other.close();
  });

  it('is refused for a path through a process, which means another file once it is resolved', async () => {
    const path = `/proc/${process.pid}/root${socket}`;

    expect(await access(path)).toEqual({
      kind: 'refused',
      message: `a tmux client is not run on ${path}: its server sees other files than we do`,
    });
  });

  it('is refused if there is nothing', async () => {
    expect(await access(join(folder, 'nothing'))).toEqual({
      kind: 'refused',
      message: `${join(folder, 'nothing')} cannot be examined (ENOENT)`,
    });
  });
});
