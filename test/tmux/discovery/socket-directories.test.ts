import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nameOfSocket } from '../../../src/core/model/name.ts';
import { allSocketDirectories, ownSocketDirectory } from '../../../src/tmux/discovery/socket-directories.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

describe('ownSocketDirectory', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await realpath(await makePrivateFolder());
    await symlink(folder, join(folder, 'link'));
  });
  afterAll(() => removeFolder(folder));

  it('is in TMUX_TMPDIR, with links resolved', () => {
    expect(ownSocketDirectory(folder, 1000)).toBe(join(folder, 'tmux-1000'));
    expect(ownSocketDirectory(`${folder}/./link/`, 0)).toBe(join(folder, 'tmux-0'));
  });

  it('is where the system finds TMUX_TMPDIR, which can lead back out of a link', async () => {
    await mkdir(join(folder, 'deep', 'x'), { recursive: true });
    await symlink(join(folder, 'deep', 'x'), join(folder, 'x'));
    expect(ownSocketDirectory(`${folder}/x/..`, 0)).toBe(join(folder, 'deep', 'tmux-0'));
  });

  it.each([undefined, '', '/nonexistent/folder', '/nonexistent/..', '/etc/passwd/', '/etc/passwd/..'])(
    'is in /tmp if TMUX_TMPDIR is %j',
    async (tmuxTmpdir) => {
      expect(ownSocketDirectory(tmuxTmpdir, 1000)).toBe(join(await realpath('/tmp'), 'tmux-1000'));
      expect(ownSocketDirectory(tmuxTmpdir, null)).toBe(join(await realpath('/tmp'), 'tmux-0'));
    },
  );
});

describe('ownSocketDirectory, of a real server', () => {
  it('is where tmux itself puts a socket', async () => {
    const parent = await realpath(await makePrivateFolder());
    const folder = ownSocketDirectory(parent, process.getuid?.() ?? 0);
    await mkdir(folder, { mode: 0o700 });
    const server = await TmuxServer.start({ folder, name: 'work' });

    expect(nameOfSocket({ socket: server.socket, ownDirectory: folder, owner: null })).toBe('work');
    await server.cleanup();
    await removeFolder(parent);
  });
});

describe('allSocketDirectories', () => {
  let parent = '';

  beforeEach(async () => {
    parent = await makePrivateFolder();
  });

  afterEach(() => removeFolder(parent));

  it('are those beside our own that belong to the user they are named after', async () => {
    for (const name of ['tmux-1000001', 'tmux-', 'tmux-1000x', 'xtmux-1', 'screens']) {
      await mkdir(join(parent, name));
    }

    const own = join(parent, `tmux-${process.getuid?.()}`);
    await mkdir(own, { recursive: true });

    expect(await allSocketDirectories(own)).toEqual([{ path: own, uid: process.getuid?.() }]);
  });

  it('are no links, as tmux takes none, though the parent can be one', async () => {
    const [uid, own, place] = [process.getuid?.() ?? 0, join(parent, 'real'), join(parent, 'place')];
    await mkdir(own);
    await symlink(own, join(parent, `tmux-${uid}`));
    await mkdir(join(own, `tmux-${uid}`));
    await symlink(own, place);

    expect(await allSocketDirectories(join(parent, 'tmux-1000001'))).toEqual([]);
    expect(await allSocketDirectories(join(place, 'tmux-1000001'))).toEqual([
      { path: join(place, `tmux-${uid}`), uid },
    ]);
  });

  it('are none if the parent does not exist', async () => {
    expect(await allSocketDirectories(join(parent, 'no', 'tmux-1000'))).toEqual([]);
  });
});
