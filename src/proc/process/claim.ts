import { readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileKey } from '../../core/file.ts';
import type { AnsweringSocket, Claim } from '../../core/model/observation.ts';
import { type ListeningSocket, parseListening } from '../kernel/unix-sockets.ts';
import { linkOf, markTmuxProcess } from './process-reading.ts';

/**
 * Verifies the pid that a server claims to have; null unless the process is a tmux server of the socket's owner and, as far as
 * visible, holds the socket. Anybody can listen on a socket and claim the pid of another process.
 */
export function readClaim(root: string, pid: number, socket: AnsweringSocket): Claim | null {
  const mark = markTmuxProcess(root, pid);
  if (!mark || ownerOf(root, pid) !== socket.uid) return null;
  const isHolder = holds(root, pid, socket);
  return isHolder === false ? null : { mark, isProven: isHolder !== null };
}

/** The effective user of a process. The owner of its folder in /proc may be root instead, if the process may not be dumped. */
function ownerOf(root: string, pid: number): number | null {
  const [, uid] = /^Uid:\t\d+\t(\d+)/m.exec(attempt(() => readFileSync(`${root}/${pid}/status`, 'utf8')) ?? '') ?? [];
  return uid === undefined ? null : Number(uid);
}

/** Whether a process holds a socket; null if its sockets may not be read. */
function holds(root: string, pid: number, socket: AnsweringSocket): boolean | null {
  const held = socketsOf(root, pid);
  const listed = attempt(() => parseListening(readFileSync(`${root}/${pid}/net/unix`, 'utf8')));
  if (held === null || listed === null) return null;
  const own = listed.filter(({ inode }) => held.has(inode)).map(({ path }) => reachablePath(root, pid, path));
  if (own.some((path) => path === socket.path || keyAt(path) === socket.file)) return true;
  const others = listed.filter(({ inode }) => !held.has(inode));
  return own.length > 0 && own.every(isLost) && !others.some((other) => canBeAt(other, socket));
}

/** Whether a listed socket may be the one at the path. The kernel lists a moved socket under its old path, so a socket without a file there may be it. */
function canBeAt({ path }: ListeningSocket, { file }: AnsweringSocket): boolean {
  return keyAt(path) === file || isLost(path);
}

function isLost(path: string): boolean {
  return attempt(() => statSync(path, { throwIfNoEntry: false }) ?? 'lost') === 'lost';
}

function keyAt(path: string): string | null {
  return attempt(() => fileKey(statSync(path, { bigint: true })));
}

/** The path by which we reach a file that a process calls `path`. A relative path is resolved in its working folder; if it has other mounts than we, the path leads through `/proc/<pid>/root`. */
export function reachablePath(root: string, pid: number, path: string): string {
  const absolute = path.startsWith('/') ? path : resolve(linkOf(`${root}/${pid}/cwd`) || '/', path);
  return sharesNamespace(root, pid, 'mnt') ? absolute : `${root}/${pid}/root${absolute}`;
}

/** Whether a process shares a namespace with us. An unreadable namespace counts as shared. */
export function sharesNamespace(root: string, pid: number, kind: 'mnt' | 'net'): boolean {
  const theirs = linkOf(`${root}/${pid}/ns/${kind}`);
  return theirs === '' || theirs === linkOf(`${root}/self/ns/${kind}`);
}

/** Lists the inodes of the sockets that a process holds; null if they may not be read. */
export function socketsOf(root: string, pid: number): ReadonlySet<string> | null {
  const folder = `${root}/${pid}/fd`;
  const descriptors = attempt(() => readdirSync(folder));
  return (
    descriptors && new Set(descriptors.flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${fd}`))?.[1] ?? []))
  );
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
