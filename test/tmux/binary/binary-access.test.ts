import { execFileSync } from 'node:child_process';
import { chmod, chown, lchown, mkdir, symlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { binaryAccess } from '../../../src/tmux/binary/binary-access.ts';
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

  const granted = () => ({ kind: 'granted', socket, identity: null });

  it('is granted for our own socket in our own folder, as ourselves: /tmp above it is open, but sticky', async () => {
    expect(await binaryAccess(socket, UID, UID)).toEqual(granted());
  });

  it('is granted if the platform has no user ids', async () => {
    expect(await binaryAccess(socket, UID, null)).toEqual(granted());
  });

  it.each([0o700, 0o755, 0o1777, 0o1722])('is granted below a folder of mode %o', async (mode) => {
    await chmod(folder, mode);
    expect(await binaryAccess(socket, UID, UID)).toEqual(granted());

    await chmod(folder, 0o700);
    await chmod(above, mode);
    expect(await binaryAccess(socket, UID, UID)).toEqual(granted());
  });

  it.each([0o702, 0o720, 0o777, 0o2775])('is refused below a folder of mode %o, however far up', async (mode) => {
    const found = `uid ${UID}, mode ${mode.toString(8).padStart(4, '0')}`;
    const message = (open: string) =>
      `a tmux client is not run on a socket below ${open}: expected a folder of root or uid ${UID} that nobody else may write to, found ${found}`;
    await chmod(folder, mode);
    expect(await binaryAccess(socket, UID, UID)).toEqual({ kind: 'refused', message: message(folder) });

    await chmod(folder, 0o700);
    await chmod(above, mode);
    expect(await binaryAccess(socket, UID, UID)).toEqual({ kind: 'refused', message: message(above) });
  });

  itAsRoot('is refused below a folder of a third user, sticky or not', async () => {
    await chown(above, STRANGER, STRANGER);
    const refused = { kind: 'refused', message: expect.stringContaining(`found uid ${STRANGER}`) };

    expect(await binaryAccess(socket, UID, UID)).toEqual(refused);
    await chmod(above, 0o1777);
    expect(await binaryAccess(socket, UID, UID)).toEqual(refused);
  });

  itAsRoot("is granted to root as the socket's owner, with the group of the account and not of the file", async () => {
    await Promise.all([chown(folder, NOBODY, 0), lchown(socket, NOBODY, 0)]);
    const gid = Number(execFileSync('id', ['-g', String(NOBODY)], { encoding: 'utf8' }));

    expect(gid).not.toBe(0);
    expect(await binaryAccess(socket, NOBODY, 0)).toEqual({
      kind: 'granted',
      socket,
      identity: { uid: NOBODY, gid },
    });
  });

  itAsRoot('is refused for a user without an account', async () => {
    await chown(socket, STRANGER, STRANGER);

    expect(await binaryAccess(socket, STRANGER, 0)).toEqual({
      kind: 'refused',
      message: `uid ${STRANGER} has no account in /etc/passwd, so its group is not known`,
    });
  });

  it('checks the folders of the real path, and returns that path', async () => {
    const link = join(above, 'link');
    await symlink(folder, link);
    expect(await binaryAccess(join(link, 'x'), UID, UID)).toEqual(granted());

    await chmod(folder, 0o777);
    expect(await binaryAccess(join(link, 'x'), UID, UID)).toMatchObject({ kind: 'refused' });
  });

  it('is refused for what is no socket of its owner any more', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');

    expect(await binaryAccess(file, UID, UID)).toEqual({
      kind: 'refused',
      message: `${file} is no longer a socket of uid ${UID}`,
    });
  });

  itAsRoot('is refused for a socket that has another owner now', async () => {
    await chown(socket, STRANGER, STRANGER);

    expect(await binaryAccess(socket, NOBODY, 0)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(`no longer a socket of uid ${NOBODY}`),
    });
  });

  it('is refused if there is nothing', async () => {
    expect(await binaryAccess(join(folder, 'nothing'), UID, UID)).toEqual({
      kind: 'refused',
      message: `${join(folder, 'nothing')} cannot be examined (ENOENT)`,
    });
  });
});
