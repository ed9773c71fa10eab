import { statSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileKey } from '../../../src/core/file.ts';
import type { AnsweringSocket, Claim } from '../../../src/core/model/observation.ts';
import { readClaim } from '../../../src/proc/process/claim.ts';
import { markTmuxProcess } from '../../../src/proc/process/process-reading.ts';
import { SocketTables } from '../../../src/proc/process/socket-tables.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

type Tables = Pick<SocketTables, 'recent' | 'present'>;

const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** A socket as an observer finds it. */
function at(path: string): AnsweringSocket {
  const found = statSync(path, { bigint: true });
  return { path, uid: Number(found.uid), file: fileKey(found) };
}

onLinux('readClaim', () => {
  let folder: string;
  let server: TmuxServer;
  const others: Server[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    server = await TmuxServer.start({ folder });
  });

  afterEach(async () => {
    for (const other of others.splice(0)) await new Promise((resolve) => other.close(resolve));
    await server.cleanup();
    await removeFolder(folder);
  });

  /** Another server's socket, on which anything may be claimed. */
  async function listen(name: string): Promise<string> {
    const path = join(folder, name);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(path, resolve));
    others.push(other);
    return path;
  }

  /** Whether it is believed that a process, that of the server by default, answers on a socket. */
  function claim(socket: AnsweringSocket, pid = server.pid, tables: Tables = new SocketTables('/proc')): Claim | null {
    return readClaim('/proc', pid, socket, tables);
  }

  it('believes the process that holds the socket, by its path and by a hard link', async () => {
    await link(server.socket, join(folder, 'hard'));
    const believed = { mark: { pid: server.pid }, isProven: true };

    expect(claim(at(server.socket))).toMatchObject(believed);
    expect(claim(at(join(folder, 'hard')))).toMatchObject(believed);
  });

  it('reads no new list if the last one proves the claim', () => {
    const tables = new SocketTables('/proc', () => 0);
    tables.present(process.pid);
    const present = () => {
      throw new Error('expected no reading');
    };
    const claimed = claim(at(server.socket), server.pid, { recent: (pid) => tables.recent(pid), present });
    expect(claimed).toMatchObject({ mark: { pid: server.pid }, isProven: true });
  });

  it('believes one that is newer than the last list of sockets', async () => {
    const tables = new SocketTables('/proc', () => 0);
    tables.present(process.pid);
    const newer = await TmuxServer.start();
    try {
      expect(claim(at(newer.socket), newer.pid, tables)).toMatchObject({ mark: { pid: newer.pid }, isProven: true });
    } finally {
      await newer.cleanup();
    }
  });

  it('does not believe another server that claims its pid', async () => {
    expect(claim(at(await listen('other')))).toBeNull();
  });

  it('does not believe one that was moved, and claims a server whose socket was deleted', async () => {
    const other = await listen('other');
    await rename(other, join(folder, 'moved'));
    await rm(server.socket);

    expect(claim(at(join(folder, 'moved')))).toBeNull();
    await rename(join(folder, 'moved'), other);
    expect(claim(at(other))).toBeNull();
  });

  it('believes one that was moved beside another lost socket only if it was known there', async () => {
    await rm(await listen('other'));
    const moved = join(folder, 'moved');
    await rename(server.socket, moved);
    const known = markTmuxProcess('/proc', server.pid);

    expect(claim(at(moved))).toBeNull();
    expect(claim({ ...at(moved), known })).toEqual({ mark: known, isProven: false });
    expect(claim({ ...at(moved), known: { pid: server.pid, start: '1' } })).toBeNull();
  });

  it('believes one that was moved over the socket of another only if it is known to hold the file', async () => {
    const other = await listen('other');
    await rename(server.socket, other);
    const holder = markTmuxProcess('/proc', server.pid);

    expect(claim(at(other))).toBeNull();
    expect(claim({ ...at(other), holder })).toEqual({ mark: holder, isProven: true });
    expect(claim({ ...at(other), holder: { pid: server.pid, start: '1' } })).toBeNull();
  });

  it('does not believe the process of another user than the owner of the socket', () => {
    expect(claim({ ...at(server.socket), uid: 4_242 })).toBeNull();
  });

  it('does not believe a process that is no tmux server, or does not exist', () => {
    expect(claim(at(server.socket), process.pid)).toBeNull();
    expect(claim(at(server.socket), 2 ** 30)).toBeNull();
  });
});
