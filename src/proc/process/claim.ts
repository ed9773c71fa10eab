import { readFileSync, statSync } from 'node:fs';
import { systemPath } from '../../core/byte-path.ts';
import { fileKey } from '../../core/file.ts';
import {
  type AnsweringSocket,
  type Claim,
  isSameProcess,
  type ProcessDetails,
  type ProcessMark,
} from '../../core/model/observation.ts';
import type { ListeningSocket } from '../kernel/unix-sockets.ts';
import type { AcceptanceProof } from './acceptance.ts';
import { isElsewhere, reachablePath } from './file-view.ts';
import { socketsOf } from './held-sockets.ts';
import { ownSockets } from './own-sockets.ts';
import { isAtItsEnd, markTmuxProcess, ownPidOf } from './process-reading.ts';
import { readStat } from './process-stat.ts';
import type { SocketTables } from './socket-tables.ts';
import type { DistantServers } from './tmux-processes.ts';

/** How it is found out which process holds a socket. */
export interface Witnesses {
  readonly tables: Pick<SocketTables, 'recent' | 'present'>;
  readonly acceptance: Pick<AcceptanceProof, 'prove'>;
  readonly distant: Pick<DistantServers, 'called'>;
}

/** With how many processes connections are tried: each takes a quarter of a second if it is refuted. */
const MOST_TRIALS = 3;

/**
 * Verifies the pid that a server claims to have; null unless a tmux server of the socket's owner calls itself by that pid, and if
 * another process is seen to hold the socket. Anybody can listen on a socket and claim the pid of another process.
 *
 * A server in a pid namespace of its own says the pid that it has there, which can be that of another process here. Several can say
 * the same, and share a folder: so each has to be seen to accept connections. `known` is the process that answered on the path before.
 */
export async function readClaim(
  root: string,
  pid: number,
  socket: AnsweringSocket,
  known: ProcessMark | null,
  witnesses: Witnesses,
): Promise<Claim | null> {
  const { tables, distant } = witnesses;
  const isOfOwner = (mark: ProcessMark) => ownerOf(root, mark.pid) === socket.uid;
  const own = ownPidOf(root, pid) === pid ? markTmuxProcess(root, pid) : null;
  const near = own && isOfOwner(own) ? own : null;
  const isListed = (mark: ProcessMark, list: () => readonly ListeningSocket[] | null) =>
    isBound(root, mark.pid, socket, list);
  // A socket never changes its path, so an older list can prove a claim, but not refute it.
  const isProven = near && (isListed(near, () => tables.recent(pid)) || isListed(near, () => tables.present(pid)));
  if (isProven) return claimOf(root, near, 'proven', witnesses);
  const isKnown = (mark: ProcessMark) => isSameProcess(mark, known);
  const likelihood = (mark: ProcessMark) =>
    Number(isKnown(mark)) + 2 * Number(isListed(mark, () => tables.recent(mark.pid) ?? tables.present(mark.pid)));
  const candidates = inOrder([...(near ? [near] : []), ...distant.called(pid).filter(isOfOwner)], likelihood);
  return tryAll(root, candidates, socket, { near, isKnown, witnesses });
}

function inOrder(marks: readonly ProcessMark[], likelihood: (mark: ProcessMark) => number): readonly ProcessMark[] {
  const rated = marks.map((mark) => ({ mark, likelihood: likelihood(mark) }));
  return rated.toSorted((a, b) => b.likelihood - a.likelihood).map(({ mark }) => mark);
}

/** Whether a process holds a socket that a list has under a path to the socket that answered. */
function isBound(
  root: string,
  pid: number,
  socket: AnsweringSocket,
  list: () => readonly ListeningSocket[] | null,
): boolean {
  const held = socketsOf(root, pid);
  if (held === null) return false;
  return (list() ?? [])
    .filter(({ inode }) => held.has(inode))
    .map(({ path }) => reachablePath(root, pid, path))
    .some((path) => path === socket.path || keyAt(path) === socket.file);
}

interface Trial {
  /** The process that has the claimed pid on this machine, if that is how it calls itself. */
  readonly near: ProcessMark | null;
  readonly isKnown: (mark: ProcessMark) => boolean;
  readonly witnesses: Witnesses;
}

/** Tries the candidates one after the other: the kernel lists a moved socket under its old path, which may lead to another one by now. */
async function tryAll(
  root: string,
  candidates: readonly ProcessMark[],
  socket: AnsweringSocket,
  { near, isKnown, witnesses }: Trial,
): Promise<Claim | null> {
  let best: Claim | null = null;
  for (const mark of candidates.slice(0, MOST_TRIALS)) {
    const isSeen = socketsOf(root, mark.pid) !== null && witnesses.tables.present(mark.pid) !== null;
    const proof = isSeen ? await witnesses.acceptance.prove(mark.pid, socket) : 'unseen';
    // Without any proof, only these two are likely to be meant.
    const isLikely = mark === near || isKnown(mark);
    if (proof === 'refuted' || (proof === 'unseen' && !isLikely)) continue;
    const claim = claimOf(root, mark, proof, witnesses);
    if (proof === 'proven') return claim;
    if (best === null || isKnown(mark)) best = claim;
  }
  return best;
}

/** The files of an ending process cannot be seen, and it answers nobody. */
function claimOf(root: string, mark: ProcessMark, proof: Claim['proof'], { tables }: Witnesses): Claim | null {
  const details = detailsOf(root, mark.pid, tables.recent(mark.pid) ?? []);
  return isAtItsEnd(root, mark) ? null : { mark, proof, details };
}

function detailsOf(root: string, pid: number, listed: readonly ListeningSocket[]): ProcessDetails | null {
  const command = readStat(root, pid)?.command;
  const held = socketsOf(root, pid);
  const bound = ownSockets(
    root,
    pid,
    listed.filter(({ inode }) => held?.has(inode)),
  );
  const boundPaths = bound.map(({ path }) => reachablePath(root, pid, path));
  return command === undefined ? null : { command, boundPaths, isElsewhere: isElsewhere(root, pid) };
}

/** The effective user of a process. The owner of its folder in /proc may be root instead, if the process may not be dumped. */
function ownerOf(root: string, pid: number): number | null {
  const [, uid] = /^Uid:\t\d+\t(\d+)/m.exec(attempt(() => readFileSync(`${root}/${pid}/status`, 'utf8')) ?? '') ?? [];
  return uid === undefined ? null : Number(uid);
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
