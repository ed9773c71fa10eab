import { mkdir, rename, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalSocketPath, socketFileKey } from '../../src/files/socket-path.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

const itOnLinux = process.platform === 'linux' ? it : it.skip;

describe('canonicalSocketPath', () => {
  let folder: string;
  let server: Server;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    await mkdir(join(folder, 'real'));
    await symlink('real', join(folder, 'link'));
    await symlink(join(folder, 'real', 'x'), join(folder, 'x'));
    server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'real', 'x'), resolve));
  });

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    await removeFolder(folder);
  });

  it.each(['x', 'link/x', 'real//x', '/real/./x', 'link/../real/x', 'real/x/', 'link//./x'])(
    'is one for %s',
    (spelling) => {
      expect(canonicalSocketPath(`${folder}/${spelling}`)).toBe(join(folder, 'real', 'x'));
    },
  );

  itOnLinux.each(['self', String(process.pid), `self/task/${process.pid}`])('is one for /proc/%s/root', (process) => {
    expect(canonicalSocketPath(`/proc/${process}/root${folder}/link/x`)).toBe(join(folder, 'real', 'x'));
  });

  it('resolves what exists of a path, and the rest by its text', () => {
    expect(canonicalSocketPath(`${folder}/link/none/../later//y/`)).toBe(join(folder, 'real', 'later', 'y'));
  });

  it('follows a link that leads nowhere yet', async () => {
    await symlink('link/later', join(folder, 'early'));

    expect(canonicalSocketPath(join(folder, 'early'))).toBe(join(folder, 'real', 'later'));
  });

  it('is itself canonical', () => {
    const once = canonicalSocketPath(join(folder, 'link', 'later', 'y'));

    expect(canonicalSocketPath(once)).toBe(once);
  });

  it('leaves a path that cannot be resolved: a loop of links, or one without end', async () => {
    await symlink('loop', join(folder, 'loop'));

    expect(canonicalSocketPath(join(folder, 'loop'))).toBe(join(folder, 'loop'));
    const endless = '/x'.repeat(100_000);
    expect(canonicalSocketPath(endless)).toBe(endless);
  });

  it('keeps a short path whose canonical one is too long to be connected to', async () => {
    const long = join(folder, 'l'.repeat(100));
    await mkdir(long);
    await symlink(long, join(folder, 'short'));

    expect(canonicalSocketPath(join(folder, 'short', 'x'))).toBe(join(folder, 'short', 'x'));
  });

  it('gives the same file whatever its path, and none if there is no socket', async () => {
    const file = socketFileKey(join(folder, 'x'));
    await rename(join(folder, 'real', 'x'), join(folder, 'moved'));

    expect(file).toMatch(/^\d+:\d+:\d+$/);
    expect(socketFileKey(join(folder, 'moved'))).toBe(file);
    expect([socketFileKey(join(folder, 'x')), socketFileKey(folder)]).toEqual([null, null]);
    await rename(join(folder, 'moved'), join(folder, 'real', 'x'));
  });

  it('is another one after a file was deleted, although the next file can get its number', async () => {
    const keys = new Set<string | null>();
    for (let at = 0; at < 20; at++) {
      const next = createServer();
      const path = join(folder, `y${at}`);
      await new Promise<void>((resolve) => next.listen(path, resolve));
      keys.add(socketFileKey(path));
      await new Promise((resolve) => next.close(resolve));
    }

    expect(keys.size).toBe(20);
  });
});
