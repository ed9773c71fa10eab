import { once } from 'node:events';
import { chmod, link, lstat, mkdtemp, rm, unlink } from 'node:fs/promises';
import { createConnection, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import type { UnixAddress } from './listen-address.ts';

/** The file of a socket that we listen on. */
export interface SocketFile {
  /** Whether it is still at its path. */
  readonly isThere: () => Promise<boolean>;
  /** Removes it, unless it has been replaced. */
  readonly remove: () => Promise<void>;
}

/** Why a Unix socket cannot be listened on; the words follow its path. */
export class UnixSocketProblem extends Error {
  /** The code that the system gives for an address of the same state, if there is one. */
  readonly code: 'EADDRINUSE' | undefined;

  constructor(message: string, code?: 'EADDRINUSE') {
    super(message);
    this.code = code;
  }
}

/** Listens on a Unix socket. An existing file is replaced only if it is a socket of our user on which nobody listens. Rejects with a {@link UnixSocketProblem} or an error of the system. */
export async function listenOnUnixSocket(server: Server, { path, mode }: UnixAddress): Promise<SocketFile> {
  // In a private folder nobody can connect before the file has its mode.
  const folder = await mkdtemp(join(dirname(path), '.te'));
  const made = join(folder, 's');
  try {
    server.listen(made);
    await once(server, 'listening');
    await chmod(made, mode);
    await makeRoom(path, (await lstat(folder)).uid);
    // It fails if another file has appeared by now; a rename would replace it.
    await link(made, path);
    const { ino } = await lstat(path);
    const isThere = () => isSame(path, ino);
    const remove = async () => {
      if (await isThere()) await unlink(path).catch(() => {});
    };
    return { isThere, remove };
  } catch (error) {
    if (server.listening) server.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeRoom(path: string, ownUid: number): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new UnixSocketProblem('is no socket: remove the file, or choose another path');
  if (found.uid !== ownUid) throw new UnixSocketProblem('belongs to another user: choose another path');
  if (await answers(path)) {
    const problem = 'is in use, perhaps by another tmux-exporter: end it, or choose another path';
    throw new UnixSocketProblem(problem, 'EADDRINUSE');
  }
  await unlink(path);
}

/** Whether somebody listens. Only a refused connection proves that nobody does. */
async function answers(path: string): Promise<boolean> {
  const connection = createConnection(path);
  try {
    await once(connection, 'connect');
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED');
  } finally {
    connection.destroy();
  }
}

async function isSame(path: string, ino: number): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isSocket() === true && found.ino === ino;
}
