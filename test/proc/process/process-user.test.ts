import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canHaveMade, processUser } from '../../../src/proc/process/process-user.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

const ROOT = 0;
const ANNA = { uid: 23_461, gids: [23_461, 23_470] };
const GROUP = 23_470;
const STRANGER = 23_462;

const describeAsRoot = process.getuid?.() === ROOT ? describe : describe.skip;

describe('processUser', () => {
  let root: string;

  beforeEach(async () => {
    root = await makePrivateFolder();
    await mkdir(join(root, '7'));
  });

  afterEach(() => removeFolder(root));

  it('is the real user, whatever user its program takes on, and all groups', async () => {
    const lines = ['Name:\ttmux: server', 'Uid:\t1000\t0\t0\t0', 'Gid:\t100\t100\t100\t100', 'Groups:\t27 998 '];
    await writeFile(join(root, '7', 'status'), lines.join('\n'));

    expect(processUser(root, 7)).toEqual({ uid: 1000, gids: [100, 100, 100, 100, 27, 998] });
  });

  it('is none of a process that has ended', () => {
    expect(processUser(root, 8)).toBeNull();
  });
});

describeAsRoot('A user can have made a socket', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  async function owned(uid: number, gid: number, mode: number): Promise<string> {
    await chown(folder, uid, gid);
    await chmod(folder, mode);
    return join(folder, 'x');
  }

  it.each([
    ['in an own folder', true, ANNA.uid, ANNA.uid, 0o700],
    ['in a folder such as /tmp', true, ROOT, ROOT, 0o1777],
    ['in a folder of a group', true, STRANGER, GROUP, 0o770],
    ['in a folder that a group may only read', false, STRANGER, GROUP, 0o750],
    ['in a folder of a strange group', false, STRANGER, STRANGER, 0o770],
    ["in another user's folder", false, STRANGER, STRANGER, 0o700],
    ['in a folder of root', false, ROOT, ROOT, 0o755],
  ])('%s: %p', async (_, isSo, uid, gid, mode) => {
    expect(canHaveMade(ANNA, await owned(uid, gid, mode))).toBe(isSo);
  });

  it.each([
    [ANNA.uid, true],
    [STRANGER, false],
  ])('that is there, if it is an own one: of uid %i, %p', async (owner, isSo) => {
    const socket = await owned(ROOT, ROOT, 0o1777);
    await writeFile(socket, '');
    await chown(socket, owner, owner);

    expect(canHaveMade(ANNA, socket)).toBe(isSo);
  });

  it('in a missing folder, if the folder can have been in the one above', async () => {
    const socket = join(await owned(ANNA.uid, ANNA.uid, 0o700), 'missing', 'deeper', 'x');

    expect(canHaveMade(ANNA, socket)).toBe(true);
    expect(canHaveMade({ uid: STRANGER, gids: [STRANGER] }, socket)).toBe(false);
  });

  it('anywhere, as root', async () => {
    expect(canHaveMade({ uid: ROOT, gids: [] }, await owned(ANNA.uid, ANNA.uid, 0o700))).toBe(true);
  });
});
