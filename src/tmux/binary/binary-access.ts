import type { Stats } from 'node:fs';
import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileKey } from '../../core/file.ts';
import type { HeldSocket, OwnUid } from '../protocol/held-socket.ts';
import type { Identity } from './binary-client.ts';

/** Whether a tmux client may be run on a socket, at which path and as which user. */
export type BinaryAccess =
  | { readonly kind: 'granted'; readonly socket: string; readonly identity: Identity | null }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Decides whether a tmux client may be run on a socket: a server can make its client read, write and execute.
 *
 * The client runs as the socket's owner, and nobody else may be able to replace the socket: every folder above it must belong
 * to root or the owner, and must be writable only by them, or sticky as /tmp is. The path must lead to the very socket that is
 * held: one through `/proc/<pid>/root` has another meaning once it is resolved.
 */
export async function binaryAccess(
  socket: string,
  { uid, file }: Pick<HeldSocket, 'uid' | 'file'>,
  ownUid: OwnUid,
): Promise<BinaryAccess> {
  if (socket.startsWith('/proc/'))
    return {
      kind: 'refused',
      message: `a tmux client is not run on ${socket}: its server sees other files than we do`,
    };
  try {
    const resolved = await realpath(socket);
    for (const folder of foldersAbove(resolved)) {
      const problem = problemOf(folder, await lstat(folder), uid);
      if (problem !== null) return { kind: 'refused', message: problem };
    }
    const found = await lstat(resolved, { bigint: true });
    if (!found.isSocket() || found.uid !== BigInt(uid) || fileKey(found) !== file)
      return { kind: 'refused', message: `${resolved} is no longer the socket of uid ${uid} that was found` };
    if (ownUid === uid || ownUid === null) return { kind: 'granted', socket: resolved, identity: null };
    const gid = await groupOf(uid);
    if (gid === null)
      return { kind: 'refused', message: `uid ${uid} has no account in /etc/passwd, so its group is not known` };
    return { kind: 'granted', socket: resolved, identity: { uid, gid } };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { kind: 'refused', message: `${socket} cannot be examined (${code})` };
  }
}

function problemOf(folder: string, { uid, mode }: Stats, owner: number): string | null {
  const isOthers = uid !== 0 && uid !== owner;
  const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (!isOthers && !isOpen) return null;
  const found = `uid ${uid}, mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
  return `a tmux client is not run on a socket below ${folder}: expected a folder of root or uid ${owner} that nobody else may write to, found ${found}`;
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

/** The primary group of a user. The group of the socket file proves nothing: it can be any group. */
async function groupOf(uid: number, path = '/etc/passwd'): Promise<number | null> {
  const text = await readFile(path, 'utf8');
  const entry = text.split('\n').find((line) => line.split(':')[2] === String(uid));
  return entry === undefined ? null : Number(entry.split(':')[3]);
}
