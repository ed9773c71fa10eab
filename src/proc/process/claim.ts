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

/** Of how many processes the list of sockets is read anew: each reading takes milliseconds. */
const MOST_READINGS = 8;

/** With how many processes connections are tried: each takes a quarter of a second if it is refuted. */
const MOST_TRIALS = 3;

/**
 * Verifies the pid that a server claims to have; null unless a tmux server of the socket's owner calls itself by that pid, and if
 * another process is seen to hold the socket. Anybody can listen on a socket and claim the pid of another process.
 *
 * A server in a pid namespace of its own says the pid that it has there, which can be that of another process here. So all that
 * call themselves by that pid are examined. `known` is the process that answered on the path before.
 */
export async function readClaim(
  root: string,
  pid: number,
  socket: AnsweringSocket,
  known: ProcessMark | null,
  witnesses: Witnesses,
): Promise<Claim | null> {
  const isOfOwner = (mark: ProcessMark) => ownerOf(root, mark.pid) === socket.uid;
  const here = ownPidOf(root, pid) === pid ? markTmuxProcess(root, pid) : null;
  const near = here && isOfOwner(here) ? [here] : [];
  const holder = findHolder(root, near, socket, witnesses);
  if (holder) return claimOf(root, holder, 'proven', witnesses);
  const isKnown = (mark: ProcessMark) => isSameProcess(mark, known);
  const distant = witnesses.distant.called(pid).filter(isOfOwner);
  const candidates = [...near, ...distant].toSorted((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
  const distantHolder = findHolder(root, distant, socket, witnesses);
  if (distantHolder) return claimOf(root, distantHolder, 'proven', witnesses);
  return tryAll(root, candidates, socket, { isLikely: (mark) => mark === here || isKnown(mark), witnesses });
}

/** Finds the process that holds a socket by the path that the kernel lists it under. */
function findHolder(
  root: string,
  candidates: readonly ProcessMark[],
  socket: AnsweringSocket,
  { tables }: Witnesses,
): ProcessMark | undefined {
  const holds = ({ pid }: ProcessMark, listed: readonly ListeningSocket[] | null) =>
    isBound(root, pid, socket, listed ?? []);
  // A socket never changes its path, so an older list can prove a claim, but not refute it.
  const isListed = (mark: ProcessMark) => holds(mark, tables.recent(mark.pid));
  const isNowListed = (mark: ProcessMark) =>
    socketsOf(root, mark.pid) !== null && holds(mark, tables.present(mark.pid));
  return candidates.find(isListed) ?? candidates.slice(0, MOST_READINGS).find(isNowListed);
}

function isBound(root: string, pid: number, socket: AnsweringSocket, listed: readonly ListeningSocket[]): boolean {
  if (listed.length === 0) return false;
  const held = socketsOf(root, pid);
  return listed
    .filter(({ inode }) => held?.has(inode))
    .map(({ path }) => reachablePath(root, pid, path))
    .some((path) => path === socket.path || keyAt(path) === socket.file);
}

interface Trial {
  /** Whether a process counts as the server as long as nothing can be seen of its sockets. */
  readonly isLikely: (mark: ProcessMark) => boolean;
  readonly witnesses: Witnesses;
}

/** Tries the candidates one after the other: the kernel lists a moved socket under its old path, which may lead to another one by now. */
async function tryAll(
  root: string,
  candidates: readonly ProcessMark[],
  socket: AnsweringSocket,
  { isLikely, witnesses }: Trial,
): Promise<Claim | null> {
  let best: Claim | null = null;
  for (const mark of candidates.slice(0, MOST_TRIALS)) {
    const isSeen = socketsOf(root, mark.pid) !== null && witnesses.tables.present(mark.pid) !== null;
    const proof = isSeen ? await witnesses.acceptance.prove(mark.pid, socket) : 'unseen';
    if (proof === 'refuted' || (proof === 'unseen' && !isLikely(mark))) continue;
    const claim = claimOf(root, mark, proof, witnesses);
    if (proof === 'proven') return claim;
    best ??= claim;
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
