import { readFileSync, statSync } from 'node:fs';
import { systemPath } from '../../core/byte-path.ts';
import { fileKey } from '../../core/file.ts';
import type { AnsweringSocket, Claim, ProcessDetails } from '../../core/model/observation.ts';
import type { ListeningSocket } from '../kernel/unix-sockets.ts';
import type { AcceptanceProof } from './acceptance.ts';
import { isElsewhere, reachablePath } from './file-view.ts';
import { socketsOf } from './held-sockets.ts';
import { ownSockets } from './own-sockets.ts';
import { isAtItsEnd, markTmuxProcess } from './process-reading.ts';
import { readStat } from './process-stat.ts';
import type { SocketTables } from './socket-tables.ts';

/** How it is found out which process holds a socket. */
export interface Witnesses {
  readonly tables: Pick<SocketTables, 'recent' | 'present'>;
  readonly acceptance: Pick<AcceptanceProof, 'prove'>;
}

/**
 * Verifies the pid that a server claims to have; null unless the process is a tmux server of the socket's owner, and if another
 * process is seen to hold the socket. Anybody can listen on a socket and claim the pid of another process.
 */
export async function readClaim(
  root: string,
  pid: number,
  socket: AnsweringSocket,
  witnesses: Witnesses,
): Promise<Claim | null> {
  const mark = markTmuxProcess(root, pid);
  if (!mark || ownerOf(root, pid) !== socket.uid) return null;
  const { proof, bound } = await verify(root, pid, socket, witnesses);
  const details = detailsOf(root, pid, bound);
  // The files of an ending process cannot be seen, and it answers nobody.
  return proof === 'refuted' || isAtItsEnd(root, mark) ? null : { mark, proof, details };
}

function detailsOf(root: string, pid: number, bound: readonly ListeningSocket[]): ProcessDetails | null {
  const command = readStat(root, pid)?.command;
  const boundPaths = ownSockets(root, pid, bound).map(({ path }) => reachablePath(root, pid, path));
  return command === undefined ? null : { command, boundPaths, isElsewhere: isElsewhere(root, pid) };
}

/** The effective user of a process. The owner of its folder in /proc may be root instead, if the process may not be dumped. */
function ownerOf(root: string, pid: number): number | null {
  const [, uid] = /^Uid:\t\d+\t(\d+)/m.exec(attempt(() => readFileSync(`${root}/${pid}/status`, 'utf8')) ?? '') ?? [];
  return uid === undefined ? null : Number(uid);
}

/** Whether a process holds a socket, and the listening sockets that it is seen to hold. */
interface Finding {
  readonly proof: Claim['proof'] | 'refuted';
  readonly bound: readonly ListeningSocket[];
}

async function verify(
  root: string,
  pid: number,
  socket: AnsweringSocket,
  { tables, acceptance }: Witnesses,
): Promise<Finding> {
  const held = socketsOf(root, pid);
  if (held === null) return { proof: 'unseen', bound: [] };
  const heldOf = (listed: readonly ListeningSocket[]) => listed.filter(({ inode }) => held.has(inode));
  const leadsThere = ({ path: bound }: ListeningSocket) => {
    const path = reachablePath(root, pid, bound);
    return path === socket.path || keyAt(path) === socket.file;
  };
  // A socket never changes its path, so an older list can prove a claim, but not refute it.
  const recent = heldOf(tables.recent(pid) ?? []);
  if (recent.some(leadsThere)) return { proof: 'proven', bound: recent };
  const listed = tables.present(pid);
  if (listed === null) return { proof: 'unseen', bound: [] };
  const bound = heldOf(listed);
  // The kernel lists a moved socket under its old path, which may lead to another one by now.
  return { proof: bound.some(leadsThere) ? 'proven' : await acceptance.prove(pid, socket), bound };
}

function keyAt(path: string): string | null {
  return attempt(() => fileKey(statSync(systemPath(path), { bigint: true })));
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
