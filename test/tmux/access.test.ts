import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { socketAccess } from '../../src/tmux/access.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { listenOn } from '../support/stale-socket.ts';

const UID = process.getuid?.() ?? 0;
const ANNA = 65_534;
const itAsRoot = UID === 0 ? it : it.skip;

describe('socketAccess', () => {
  let root = '';
  let folder = '';
  let socket = '';
  let server: Server;

  beforeEach(async () => {
    root = await makePrivateFolder();
    folder = join(root, 'private');
    socket = join(folder, 'x');
    await mkdir(folder, { mode: 0o700 });
    server = await listenOn(socket);
  });

  afterEach(async () => {
    server.close();
    await removeFolder(root);
  });

  it('is granted for our own socket in our own private folder', async () => {
    expect(await socketAccess(socket, UID)).toEqual({ kind: 'granted', uid: UID, identity: null });
  });

  it('is granted where the platform has no user ids', async () => {
    expect(await socketAccess(socket, null)).toMatchObject({ kind: 'granted', identity: null });
  });

  it.each([0o701, 0o710, 0o750, 0o755, 0o770, 0o777])(
    'is refused in a folder of mode %o, with the cure',
    async (mode) => {
      await chmod(folder, mode);

      expect(await socketAccess(socket, UID)).toEqual({
        kind: 'refused',
        message: `${folder} must belong to the owner of the socket (uid ${UID}) with mode 0700; found uid ${UID}, mode 0${mode.toString(8)}: chmod 700 it, or move the socket`,
      });
    },
  );

  it("is refused for another user's socket, unless we are root", async () => {
    expect(await socketAccess(socket, UID + 1)).toEqual({
      kind: 'refused',
      message: `${socket} belongs to uid ${UID}, we run as uid ${UID + 1}: run an exporter as that user`,
    });
  });

  itAsRoot("is granted to root as the owner of another user's socket", async () => {
    await Promise.all([chown(folder, ANNA, ANNA - 1), chown(socket, ANNA, ANNA - 1)]);

    expect(await socketAccess(socket, 0)).toEqual({
      kind: 'granted',
      uid: ANNA,
      identity: { uid: ANNA, gid: ANNA - 1 },
    });
  });

  itAsRoot("is refused for another user's socket in our folder", async () => {
    await chown(socket, ANNA, ANNA);

    expect(await socketAccess(socket, 0)).toMatchObject({ kind: 'refused', message: expect.stringContaining(folder) });
  });

  itAsRoot("is refused for our socket in another user's folder", async () => {
    await chown(folder, ANNA, ANNA);

    expect(await socketAccess(socket, 0)).toMatchObject({ kind: 'refused', message: expect.stringContaining(folder) });
  });

  it('looks at the folder in which the socket really is: a link in an open folder leads to a private one', async () => {
    const link = join(root, 'link');
    await symlink(socket, link);
    await chmod(root, 0o777);

    expect(await socketAccess(link, UID)).toMatchObject({ kind: 'granted' });
  });

  it('looks at the folder in which the socket really is: a link in a private folder leads to an open one', async () => {
    const link = join(root, 'link');
    await symlink(socket, link);
    await chmod(folder, 0o777);

    expect(await socketAccess(link, UID)).toMatchObject({ kind: 'refused' });
  });

  it('looks through a link to the folder', async () => {
    const link = join(root, 'link');
    await symlink(folder, link);
    expect(await socketAccess(join(link, 'x'), UID)).toMatchObject({ kind: 'granted' });

    await chmod(folder, 0o755);
    expect(await socketAccess(join(link, 'x'), UID)).toMatchObject({ kind: 'refused' });
  });

  it('finds nothing where there is nothing', async () => {
    expect(await socketAccess(join(folder, 'nothing'), UID)).toEqual({ kind: 'absent' });
    expect(await socketAccess(join(socket, 'nothing'), UID)).toEqual({ kind: 'absent' });
  });
});
