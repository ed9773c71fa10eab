import { readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileKey } from '../../core/file.ts';
import { type AnsweringSocket, type Claim, isSameProcess, type ProcessMark } from '../../core/model/observation.ts';
import { readLink } from '../kernel/text-file.ts';
import type { ListeningSocket } from '../kernel/unix-sockets.ts';
import { markTmuxProcess } from './process-reading.ts';
import type { SocketTables } from './socket-tables.ts';

type Tables = Pick<SocketTables, 'recent' | 'present'>;

/**
 * Verifies the pid that a server claims to have; null unless the process is a tmux server of the socket's owner and, as far as
 * visible, holds the socket. Anybody can listen on a socket and claim the pid of another process.
 */
export function readClaim(root: string, pid: number, socket: AnsweringSocket, tables: Tables): Claim | null {
  const mark = markTmuxProcess(root, pid);
  if (!mark || ownerOf(root, pid) !== socket.uid) return null;
  const isHolder = holds(root, mark, socket, tables);
  return isHolder === false ? null : { mark, isProven: isHolder !== null };
}

/** The effective user of a process. The owner of its folder in /proc may be root instead, if the process may not be dumped. */
function ownerOf(root: string, pid: number): number | null {
  const [, uid] = /^Uid:\t\d+\t(\d+)/m.exec(attempt(() => readFileSync(`${root}/${pid}/status`, 'utf8')) ?? '') ?? [];
  return uid === undefined ? null : Number(uid);
}

/** Whether a process holds a socket; null if that cannot be seen. */
function holds(root: string, mark: ProcessMark, socket: AnsweringSocket, tables: Tables): boolean | null {
  const { pid } = mark;
  const held = socketsOf(root, pid);
  if (held === null) return null;
  const ownOf = (listed: readonly ListeningSocket[]) =>
    listed.filter(({ inode }) => held.has(inode)).map(({ path }) => reachablePath(root, pid, path));
  const isBound = (path: string) => path === socket.path || keyAt(path) === socket.file;
  // A socket never changes its path, so an older list can prove a claim, but not refute it.
  if (ownOf(tables.recent(pid) ?? []).some(isBound)) return true;
  const listed = tables.present(pid);
  if (listed === null) return null;
  const own = ownOf(listed);
  if (own.some(isBound)) return true;
  // The kernel lists a moved socket under its old path, and another server may once have been bound to the new one.
  if (isSameProcess(mark, socket.holder)) return true;
  const others = listed.filter(({ inode }) => !held.has(inode));
  if (own.length === 0 || !own.every(isLost) || others.some(({ path }) => keyAt(path) === socket.file)) return false;
  // Any socket without a file at its old path may be the one at this path.
  if (!others.some(({ path }) => isLost(path))) return true;
  return isSameProcess(mark, socket.known) ? null : false;
}

function isLost(path: string): boolean {
  return attempt(() => statSync(path, { throwIfNoEntry: false }) ?? 'lost') === 'lost';
}

function keyAt(path: string): string | null {
  return attempt(() => fileKey(statSync(path, { bigint: true })));
}

/** The path by which we reach a file that a process calls `path`. A relative path is resolved in its working folder; if it has other mounts than we, the path leads through `/proc/<pid>/root`. */
export function reachablePath(root: string, pid: number, path: string): string {
  const absolute = path.startsWith('/') ? path : resolve(readLink(`${root}/${pid}/cwd`) ?? '/', path);
  return sharesNamespace(root, pid, 'mnt') ? absolute : `${root}/${pid}/root${absolute}`;
}

/** Whether a process shares a namespace with us. An unreadable namespace counts as shared. */
export function sharesNamespace(root: string, pid: number, kind: 'mnt' | 'net'): boolean {
  const theirs = readLink(`${root}/${pid}/ns/${kind}`);
  return theirs === null || theirs === readLink(`${root}/self/ns/${kind}`);
}

/** Lists the inodes of the sockets that a process holds; null if they may not be read. */
export function socketsOf(root: string, pid: number): ReadonlySet<string> | null {
  const folder = `${root}/${pid}/fd`;
  const descriptors = attempt(() => readdirSync(folder));
  return (
    descriptors &&
    new Set(descriptors.flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readLink(`${folder}/${fd}`) ?? '')?.[1] ?? []))
  );
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
