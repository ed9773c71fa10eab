import { statSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileKey } from '../../../src/core/file.ts';
import type { AnsweringSocket, Claim, ProcessMark } from '../../../src/core/model/observation.ts';
import { AcceptanceProof } from '../../../src/proc/process/acceptance.ts';
import { readClaim, type Witnesses } from '../../../src/proc/process/claim.ts';
import { SocketTables } from '../../../src/proc/process/socket-tables.ts';
import { DistantServers } from '../../../src/proc/process/tmux-processes.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { withOpenFiles } from '../../support/machine/open-files.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { inState } from '../../support/machine/process-life.ts';
import { ContainedServer } from '../../support/tmux/contained-server.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

type Tables = Witnesses['tables'];

/** Namespaces take root. */
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** A socket as an observer finds it. */
function at(path: string): AnsweringSocket {
  const found = statSync(path, { bigint: true });
  return { path, uid: Number(found.uid), file: fileKey(found), reach: path };
}

/** Undecided claims are not believed either: other servers of this machine may have connections that wait. */
function isBelieved(claim: Claim | null): boolean {
  return claim !== null && claim.proof !== 'undecided';
}

onLinux('readClaim', () => {
  let folder: string;
  let server: TmuxServer;
  const others: Server[] = [];
  const acceptance = new AcceptanceProof('/proc');

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

  /** A made-up /proc in which a process has the descriptors of this one. */
  async function rootWithOurs(pid: number): Promise<string> {
    const links = ['stat', 'status', 'net'].map((name) => [`/${pid}/${name}`, { linkTo: `/proc/${pid}/${name}` }]);
    return makeTree({ ...Object.fromEntries(links), [`/${pid}/fd`]: { linkTo: `/proc/${process.pid}/fd` } });
  }

  /** Whether it is believed that a process, that of the server by default, answers on a socket. */
  function claim(
    socket: AnsweringSocket,
    pid = server.pid,
    tables: Tables = new SocketTables('/proc'),
  ): Promise<Claim | null> {
    return readClaim('/proc', pid, socket, null, { tables, acceptance, distant: new DistantServers('/proc') });
  }

  it('believes the process that holds the socket, by its path and by a hard link', async () => {
    await link(server.socket, join(folder, 'hard'));
    const details = { command: 'tmux: server', boundPaths: [server.socket] };
    const believed = { mark: { pid: server.pid }, proof: 'proven', details };

    expect(await claim(at(server.socket))).toMatchObject(believed);
    expect(await claim(at(join(folder, 'hard')))).toMatchObject(believed);
  });

  it('reads no new list if the last one proves the claim', async () => {
    const tables = new SocketTables('/proc', () => 0);
    tables.present(process.pid);
    const present = () => {
      throw new Error('expected no reading');
    };
    const claimed = await claim(at(server.socket), server.pid, { recent: (pid) => tables.recent(pid), present });
    expect(claimed).toMatchObject({ mark: { pid: server.pid }, proof: 'proven' });
  });

  it('believes one that is newer than the last list of sockets', async () => {
    const tables = new SocketTables('/proc', () => 0);
    tables.present(process.pid);
    const newer = await TmuxServer.start();
    try {
      expect(await claim(at(newer.socket), newer.pid, tables)).toMatchObject({
        mark: { pid: newer.pid },
        proof: 'proven',
      });
    } finally {
      await newer.cleanup();
    }
  });

  it('believes one with more descriptors than are examined, without proof, also after its socket was moved', async () => {
    const root = await rootWithOurs(server.pid);
    await rename(server.socket, join(folder, 'moved'));
    const witnesses = {
      tables: new SocketTables(root),
      acceptance: new AcceptanceProof(root),
      distant: new DistantServers(root),
    };
    const ask = () => readClaim(root, server.pid, at(join(folder, 'moved')), null, witnesses);

    expect(await withOpenFiles(4_097, ask)).toMatchObject({
      mark: { pid: server.pid },
      proof: 'unseen',
      details: { boundPaths: [] },
    });
    await removeFolder(root);
  });

  it('does not believe another server that claims its pid', async () => {
    expect(isBelieved(await claim(at(await listen('other'))))).toBe(false);
  });

  it('does not believe one that was moved, and claims a server whose socket was deleted', async () => {
    const other = await listen('other');
    await rename(other, join(folder, 'moved'));
    await rm(server.socket);

    expect(isBelieved(await claim(at(join(folder, 'moved'))))).toBe(false);
    await rename(join(folder, 'moved'), other);
    expect(isBelieved(await claim(at(other)))).toBe(false);
  });

  it('believes those that were moved, whatever else has lost its path', async () => {
    await rm(await listen('other'));
    const second = await TmuxServer.start({ folder, name: 'second' });
    try {
      await rename(server.socket, join(folder, 'moved'));
      await rename(second.socket, join(folder, 'too'));

      const claims = [claim(at(join(folder, 'moved'))), claim(at(join(folder, 'too')), second.pid)];
      const proven = (pid: number) => ({ mark: { pid }, proof: 'proven' });
      expect(await Promise.all(claims)).toMatchObject([proven(server.pid), proven(second.pid)]);
      expect(isBelieved(await claim(at(join(folder, 'too'))))).toBe(false);
    } finally {
      await second.cleanup();
    }
  });

  it('neither believes nor refutes one that accepts nothing in time, and believes it later', async () => {
    const moved = join(folder, 'moved');
    await rename(server.socket, moved);
    server.kill('SIGSTOP');
    await inState(server.life, 'T');
    try {
      const undecided = { mark: { pid: server.pid }, proof: 'undecided' };
      // The third one waits too long for its turn.
      const claims = await Promise.all([claim(at(moved)), claim(at(moved)), claim(at(moved))]);
      expect(claims).toMatchObject([undecided, undecided, undecided]);
    } finally {
      server.kill('SIGCONT');
    }
    expect(await claim(at(moved))).toMatchObject({ mark: { pid: server.pid }, proof: 'proven' });
  });

  it('neither believes nor refutes one to which no connection can be opened', async () => {
    const moved = join(folder, 'moved');
    await rename(server.socket, moved);
    const unreachable = { ...at(moved), reach: join(folder, 'nowhere') };
    expect(await claim(unreachable)).toMatchObject({ proof: 'undecided' });
  });

  it('believes two whose sockets were exchanged, each by its own pid', async () => {
    const second = await TmuxServer.start({ folder, name: 'second' });
    try {
      await rename(server.socket, join(folder, 'aside'));
      await rename(second.socket, server.socket);
      await rename(join(folder, 'aside'), second.socket);

      expect(await claim(at(second.socket))).toMatchObject({ mark: { pid: server.pid }, proof: 'proven' });
      expect(await claim(at(server.socket), second.pid)).toMatchObject({ mark: { pid: second.pid }, proof: 'proven' });
    } finally {
      await second.cleanup();
    }
  });

  it('believes one that was moved over the socket of another, and knows at which path it made its own', async () => {
    const other = await listen('other');
    await rename(server.socket, other);

    expect(await claim(at(other))).toMatchObject({
      mark: { pid: server.pid },
      proof: 'proven',
      details: { command: 'tmux: server', boundPaths: [server.socket] },
    });
  });

  it('sees that one lives in another mount namespace', async () => {
    const { pid } = server;
    const links = ['stat', 'status', 'net', 'fd', 'exe'].map((name) => [
      `/${pid}/${name}`,
      { linkTo: `/proc/${pid}/${name}` },
    ]);
    const namespaces = { [`/${pid}/ns/mnt`]: { linkTo: 'mnt:[2]' }, '/self/ns/mnt': { linkTo: 'mnt:[1]' } };
    const root = await makeTree({ ...Object.fromEntries(links), ...namespaces, [`/${pid}/root`]: { linkTo: '/' } });
    const tables = new SocketTables('/proc');

    const believed = await readClaim(root, pid, at(server.socket), null, {
      tables,
      acceptance,
      distant: { called: () => [] },
    });
    await removeFolder(root);

    expect((await claim(at(server.socket)))?.details).toMatchObject({ isElsewhere: false });
    expect(believed?.details).toMatchObject({ isElsewhere: true });
  });

  it('does not believe the process of another user than the owner of the socket', async () => {
    expect(await claim({ ...at(server.socket), uid: 4_242 })).toBeNull();
  });

  it('does not believe a process that is no tmux server, or does not exist', async () => {
    expect(await claim(at(server.socket), process.pid)).toBeNull();
    expect(await claim(at(server.socket), 2 ** 30)).toBeNull();
  });
});

asRoot('readClaim, of servers in pid namespaces of their own', () => {
  let folder: string;
  let first: ContainedServer;
  let second: ContainedServer;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    first = await contain('first');
    second = await contain('second');
  });

  afterEach(async () => {
    await Promise.all([first.end(), second.end()]);
    await removeFolder(folder);
  });

  function contain(name: string): Promise<ContainedServer> {
    return ContainedServer.start({ socket: join(folder, name), ownFolder: null, hasOwnNetwork: true });
  }

  function claim(name: string, pid: number, known: ProcessMark | null = null, acceptance?: Witnesses['acceptance']) {
    const tables = new SocketTables('/proc');
    const distant = new DistantServers('/proc');
    const proof = acceptance ?? new AcceptanceProof('/proc');
    return readClaim('/proc', pid, at(join(folder, name)), known, { tables, acceptance: proof, distant });
  }

  function markOf({ life: { pid, start } }: ContainedServer): ProcessMark {
    return { pid, start: start ?? '' };
  }

  it('believes the process that calls itself by the claimed pid, and holds the socket', async () => {
    expect(first.ownPid).not.toBe(first.life.pid);
    expect(await claim('first', first.ownPid)).toMatchObject({ mark: markOf(first), proof: 'proven' });
    expect(await claim('second', second.ownPid)).toMatchObject({ mark: markOf(second), proof: 'proven' });
  });

  it('does not believe the pid that we see', async () => {
    expect(await claim('first', first.life.pid)).toBeNull();
  });

  it('does not believe another server, whose process calls itself otherwise', async () => {
    const other = await TmuxServer.start({ folder, name: 'other' });
    try {
      expect(isBelieved(await claim('other', first.ownPid))).toBe(false);
    } finally {
      await other.cleanup();
    }
  });

  it.each([
    ['that is known already', true],
    ['that is not known yet', false],
  ])('does not believe the server that had the path before, but the one that answers: %s', async (_, isKnown) => {
    await rm(join(folder, 'first'));
    const third = await contain('first');
    try {
      const known = isKnown ? markOf(first) : null;
      expect(await claim('first', third.ownPid, known)).toMatchObject({ mark: markOf(third), proof: 'proven' });
    } finally {
      await third.end();
    }
  });

  it('does not believe the server that had the path before if the one that answers is not listed yet', async () => {
    const distant = new DistantServers('/proc', () => 0);
    expect(distant.called(first.ownPid)).toContainEqual(markOf(first));
    await rm(join(folder, 'first'));
    const third = await contain('first');
    try {
      const witnesses = { tables: new SocketTables('/proc'), acceptance: new AcceptanceProof('/proc'), distant };
      const found = await readClaim('/proc', third.ownPid, at(join(folder, 'first')), markOf(first), witnesses);
      expect(isBelieved(found)).toBe(false);
    } finally {
      await third.end();
    }
  });

  it('neither believes nor refutes the known one of several that call themselves so, if it cannot be proven in time', async () => {
    expect(first.ownPid).toBe(second.ownPid);
    const undecided = { prove: async () => 'undecided' as const };
    await rename(join(folder, 'second'), join(folder, 'moved'));

    for (const server of [first, second]) {
      const mark = markOf(server);
      expect(await claim('moved', server.ownPid, mark, undecided)).toMatchObject({ mark, proof: 'undecided' });
    }
  });
});
