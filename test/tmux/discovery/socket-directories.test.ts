import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nameOfSocket } from '../../../src/core/model/name.ts';
import {
  allSocketDirectories,
  ownerOf,
  ownSocketDirectory,
  readLogins,
} from '../../../src/tmux/discovery/socket-directories.ts';
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

  it.each([undefined, '', '/nonexistent/folder'])('is in /tmp if TMUX_TMPDIR is %j', async (tmuxTmpdir) => {
    expect(ownSocketDirectory(tmuxTmpdir, 1000)).toBe(join(await realpath('/tmp'), 'tmux-1000'));
    expect(ownSocketDirectory(tmuxTmpdir, null)).toBe(join(await realpath('/tmp'), 'tmux-0'));
  });
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

  it('are none if the parent does not exist', async () => {
    expect(await allSocketDirectories(join(parent, 'no', 'tmux-1000'))).toEqual([]);
  });
});

describe('readLogins', () => {
  it('gives the first login of each user id, as the system does', async () => {
    const folder = await makePrivateFolder();
    const path = join(folder, 'passwd');
    await writeFile(
      path,
      'root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n\n',
    );

    const logins = await readLogins(path);

    expect([logins.get(0), logins.get(1000)]).toEqual(['root', 'anna']);
    await removeFolder(folder);
  });

  it('knows root on this machine', async () => {
    expect((await readLogins()).get(0)).toBe('root');
  });

  it('knows no login if the file cannot be read', async () => {
    expect((await readLogins('/nonexistent')).size).toBe(0);
  });
});

describe('ownerOf', () => {
  it('is called by the login, or by the user id if there is none', () => {
    const logins = new Map([[1001, 'anna']]);

    expect([ownerOf(1001, logins), ownerOf(1002, logins)]).toEqual([
      { uid: 1001, login: 'anna' },
      { uid: 1002, login: '1002' },
    ]);
  });
});
