import { statSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileKey } from '../../src/core/file.ts';
import type { AnsweringSocket } from '../../src/core/model/observation.ts';
import { createProcPlatform, type ProcPlatform } from '../../src/proc/platform.ts';
import { markTmuxProcess } from '../../src/proc/process/process-reading.ts';
import { makeTree } from '../support/machine/file-tree.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

/** A socket as an observer finds it. */
function at(path: string): AnsweringSocket {
  const found = statSync(path, { bigint: true });
  return { path, uid: Number(found.uid), file: fileKey(found), reach: path };
}

const signalZero = (pid: number) => void process.kill(pid, 0);

describe('createProcPlatform with /proc', () => {
  let server: TmuxServer;

  beforeAll(async () => {
    server = await TmuxServer.start();
  });

  afterAll(() => server.cleanup());

  it('marks a tmux server, and sees whether it is alive', async () => {
    const platform = createProcPlatform(signalZero);
    const mark = (await platform.readClaim(server.pid, at(server.socket), null))?.mark;
    if (!mark) throw new Error('expected a mark of a running tmux server');
    expect([platform.available, platform.liveness(mark), platform.isListening(server.socket)]).toEqual([
      true,
      'alive',
      true,
    ]);

    await server.crash();

    expect([platform.liveness(mark), platform.isListening(server.socket)]).toEqual(['dead', false]);
  });

  it('does not mark a process that is no tmux', async () => {
    expect(await createProcPlatform(signalZero).readClaim(process.pid, at(server.socket), null)).toBeNull();
  });
});

describe('createProcPlatform, of servers of several users', () => {
  const otherUid = (process.getuid?.() ?? 0) + 1;
  let server: TmuxServer;

  beforeAll(async () => {
    server = await TmuxServer.start();
  });

  afterAll(() => server.cleanup());

  function pidsOf(platform: ProcPlatform, uid: number): number[] {
    return platform.runningServers(uid).map(({ mark }) => mark.pid);
  }

  it('finds those of one user only, also after all were searched', () => {
    const platform = createProcPlatform(signalZero);
    expect(platform.executableOf(server.socket, otherUid - 1)).toBe(`/proc/${server.pid}/exe`);

    expect(pidsOf(platform, otherUid)).not.toContain(server.pid);
    expect(pidsOf(platform, otherUid - 1)).toContain(server.pid);
  });

  it('knows the paths and the executable of each, also after those of one user were searched', () => {
    const platform = createProcPlatform(signalZero);
    expect(pidsOf(platform, otherUid)).not.toContain(server.pid);

    const mark = markTmuxProcess('/proc', server.pid);
    if (!mark) throw new Error('expected a mark of a running tmux server');
    expect(platform.boundPaths(mark)).toEqual([server.socket]);
    expect(platform.executableOf(server.socket, otherUid - 1)).toBe(`/proc/${server.pid}/exe`);
  });
});

describe('createProcPlatform without /proc', () => {
  it.each(['/nonexistent', '/dev/null'])('finds no server by its process: %s', (root) => {
    const platform = createProcPlatform(signalZero, undefined, root);

    expect(platform.runningServers(0)).toEqual([]);
    expect(platform.boundPaths({ pid: process.pid, start: '1' })).toEqual([]);
    expect(platform.executableOf('/tmp/x', 0)).toBeNull();
  });

  it('says that it does not know, and never that something is dead that exists', async () => {
    const folder = await makePrivateFolder();
    const platform = createProcPlatform(signalZero, undefined, folder);
    const mark = { pid: process.pid, start: '1' };

    expect(platform.available).toBe(false);
    const socket = { path: '/tmp/x', uid: 0, file: '1:2', reach: '/tmp/x' };
    expect(await platform.readClaim(process.pid, socket, null)).toBeNull();
    expect(platform.liveness(mark)).toBe('unknown');
    expect(platform.isStopped(mark)).toBe(false);
    expect(platform.isListening('/tmp/x')).toBeNull();
    await removeFolder(folder);
  });
});

describe('createProcPlatform with a list of sockets that a user made huge', () => {
  it('takes no path for one where nobody listens', async () => {
    const root = await makeTree({ '/net/unix': '' });
    await truncate(join(root, 'net/unix'), 1024 ** 3);

    expect(createProcPlatform(signalZero, undefined, root).isListening('/tmp/x')).toBe(true);
    await removeFolder(root);
  });
});
