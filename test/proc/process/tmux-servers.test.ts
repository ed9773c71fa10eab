import { chmod, chown, mkdir, rename, symlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalSocketPath } from '../../../src/files/socket-path.ts';
import { createProcPlatform } from '../../../src/proc/platform.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { HiddenServer } from '../../support/tmux/hidden-server.ts';
import { Impostor } from '../../support/tmux/impostor.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const ROOT = 0;
const MALLORY = 23_460;

const describeAsRoot = process.platform === 'linux' && process.getuid?.() === ROOT ? describe : describe.skip;

describeAsRoot("A process that made its folder a link to another user's", () => {
  let folder: string;
  let server: TmuxServer;
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'root'), { mode: 0o700 });
    server = await TmuxServer.start({ folder: join(folder, 'root') });
    cleanups.push(() => server.cleanup());
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await removeFolder(folder);
  });

  async function impostor(): Promise<Impostor> {
    const own = join(folder, 'mallory');
    await mkdir(own);
    await chown(own, MALLORY, MALLORY);
    const found = await Impostor.listen(join(own, 'x'), MALLORY);
    cleanups.push(() => found.end());
    await rename(own, join(folder, 'former'));
    await symlink(join(folder, 'root'), own);
    return found;
  }

  it('is never the executable of a server there', async () => {
    const { pid } = await impostor();
    const platform = createProcPlatform(() => {}, canonicalSocketPath);

    expect(platform.runningServers(null).find(({ mark }) => mark.pid === pid)?.uid).toBe(MALLORY);
    expect(platform.executableOf(server.socket, ROOT)).toBe(`/proc/${server.pid}/exe`);

    await server.crash();
    expect(createProcPlatform(() => {}, canonicalSocketPath).executableOf(server.socket, ROOT)).toBeNull();
  });

  it('is not reached by the path of that folder', async () => {
    const { pid } = await impostor();
    const running = createProcPlatform(() => {}, canonicalSocketPath).runningServers(null);
    const at = (meant: number) => running.find(({ mark }) => mark.pid === meant);

    expect(at(pid)).toMatchObject({ socket: join(folder, 'mallory', 'x'), isItsPlace: false });
    expect(at(server.pid)).toMatchObject({ socket: server.socket, isItsPlace: true });
  });
});

const { uid: OWN_UID, gid: OWN_GID } = userInfo();
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('A server that has just forked a child', () => {
  let folder: string;
  let server: Impostor;
  let child: number;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    server = await Impostor.listen(join(folder, 'x'), OWN_UID, { gid: OWN_GID });
    child = await server.fork();
  });

  afterEach(async () => {
    await server.end();
    await removeFolder(folder);
  });

  it('is the server, not the child, which holds its socket until it runs its program', () => {
    const platform = createProcPlatform(() => {}, canonicalSocketPath);
    const pids = platform
      .runningServers(OWN_UID)
      .flatMap(({ socket, mark }) => (socket === join(folder, 'x') ? [mark.pid] : []));

    expect(child).not.toBe(server.pid);
    expect(pids).toEqual([server.pid]);
    expect(platform.executableOf(join(folder, 'x'), OWN_UID)).toBe(`/proc/${server.pid}/exe`);
  });
});

describeAsRoot('A server that sees other files than we do', () => {
  let folder: string;
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await removeFolder(folder);
  });

  it('is reached through its process, and its executable is not run: in another mount namespace', async () => {
    const server = await HiddenServer.start(join(folder, 'hidden'), ['main']);
    cleanups.push(() => server.cleanup());
    const platform = createProcPlatform(() => {}, canonicalSocketPath);

    const found = platform.runningServers(ROOT).find(({ mark }) => mark.pid === server.pid);
    expect(found).toMatchObject({ socket: server.socket, isElsewhere: true });
    expect(platform.executableOf(server.socket, ROOT)).toBeNull();
  });

  it('is reached through its process, and its executable is not run: in a chroot', async () => {
    const top = join(folder, 'top');
    await mkdir(join(top, folder), { recursive: true });
    const socket = join(folder, 'x');
    const jailed = await Impostor.listen(socket, ROOT, { root: top });
    cleanups.push(() => jailed.end());
    const reach = `/proc/${jailed.pid}/root${socket}`;
    const platform = createProcPlatform(() => {}, canonicalSocketPath);

    const found = platform.runningServers(ROOT).find(({ mark }) => mark.pid === jailed.pid);
    expect(found).toMatchObject({ socket: reach, isElsewhere: true });
    expect([socket, reach].map((path) => platform.executableOf(path, ROOT))).toEqual([null, null]);
  });

  it('is none any more if its process runs another program', async () => {
    await mkdir(join(folder, 'top'));
    const jailed = await Impostor.listen('/x', ROOT, { root: join(folder, 'top') });
    cleanups.push(() => jailed.end());
    const platform = createProcPlatform(() => {}, canonicalSocketPath);
    const isFound = () => platform.runningServers(ROOT).some(({ mark }) => mark.pid === jailed.pid);

    expect(isFound()).toBe(true);
    await jailed.runProgram();
    expect(isFound()).toBe(false);
  });
});
