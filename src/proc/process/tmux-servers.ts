import { readFileSync } from 'node:fs';
import type { ProcessMark } from '../../core/model/observation.ts';
import { type ListeningSocket, listeningSockets, mayBeAbstract } from '../kernel/unix-sockets.ts';
import { isElsewhere, reachablePath, sharesNetwork } from './file-view.ts';
import { socketsOf } from './held-sockets.ts';
import { ownSockets } from './own-sockets.ts';
import { isAtItsEnd, markTmuxProcess, ownPidOf } from './process-reading.ts';
import { readStat } from './process-stat.ts';
import { canHaveMade, type ProcessUser, processUser } from './process-user.ts';
import { serverPids } from './tmux-processes.ts';

/** Ticks per second of the times in `/proc`, constant for user space (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** All processes are scanned at least this often: servers in another network namespace do not appear in our list of sockets. */
const FULL_SCAN_MS = 30_000;

/** A running tmux server, found by its process. */
export interface RunningServer {
  readonly mark: ProcessMark;
  /** Its name, as `ps -o comm=` prints it. */
  readonly command: string;
  /** The pid by which it calls itself: not that of the mark if it is in a pid namespace of its own. */
  readonly ownPid: number;
  readonly uid: number;
  /** The path to reach it: the one it listens on, whose file may have been deleted or replaced; through `/proc/<pid>` if the process sees other files than we do. */
  readonly socket: string;
  /** Whether its user can have made a socket at that path. If not, the path says nothing: a folder may have become a link since, and a process may have another root folder. */
  readonly isItsPlace: boolean;
  /** Whether it sees other files than we do: in another mount namespace, as in a container or with PrivateTmp=yes, or in a chroot. */
  readonly isElsewhere: boolean;
  /** When the process started, Unix seconds. */
  readonly startedAt: number;
}

/** Returns the canonical path of a socket. */
export type CanonicalPath = (path: string) => string;

type Holder = Omit<RunningServer, 'socket' | 'isItsPlace' | 'uid'> & { readonly user: ProcessUser };

/** Finds running tmux servers by the sockets that the kernel lists, wherever their files are. Known sockets are cached, for scans of any user, so a scan usually reads one small file. */
export class ProcessDiscovery {
  readonly #root: string;
  readonly #canonical: CanonicalPath;
  /** The server that holds a socket, by the socket's inode, whoever its user is; null if that is no tmux server visible to us. */
  #holders = new Map<string, RunningServer | null>();
  #scannedAt = Number.NEGATIVE_INFINITY;

  constructor(root = '/proc', canonical: CanonicalPath = (path) => path) {
    this.#root = root;
    this.#canonical = canonical;
  }

  /** Finds the tmux servers that run as `uid`, or as any user if it is null. Without a readable `/proc` there are none. */
  scan(uid: number | null): readonly RunningServer[] {
    const sockets = listeningSockets(this.#root) ?? [];
    const now = performance.now();
    const isNew = ({ inode, path }: ListeningSocket) => !this.#holders.has(inode) && !mayBeAbstract(path);
    const isDue = now - this.#scannedAt > FULL_SCAN_MS || sockets.some(isNew);
    const pids = isDue ? serverPids(this.#root) : null;
    if (pids) {
      this.#scannedAt = now;
      this.#holders = this.#findHolders(sockets, pids);
    } else {
      const listed = new Set(sockets.map(({ inode }) => inode));
      for (const [inode, holder] of this.#holders)
        if (!listed.has(inode) && !holder?.isElsewhere) this.#holders.delete(inode);
    }
    return [...this.#holders.values()].filter(
      (holder) => holder !== null && (uid === null || holder.uid === uid) && this.#isPresent(holder),
    ) as RunningServer[];
  }

  /** Whether a server still runs. The end of one in another network namespace does not change our list of sockets. A child that a server forked in its last moment may run another program by now. */
  #isPresent({ isElsewhere, mark }: RunningServer): boolean {
    return !isElsewhere || (!isAtItsEnd(this.#root, mark) && markTmuxProcess(this.#root, mark.pid) !== null);
  }

  #findHolders(sockets: readonly ListeningSocket[], pids: readonly number[]): Map<string, RunningServer | null> {
    const holders = new Map<string, RunningServer | null>(sockets.map(({ inode }) => [inode, null]));
    const paths = new Map(sockets.map(({ inode, path }) => [inode, path]));
    for (const pid of pids) {
      const holder = this.#describe(pid);
      if (!holder) continue;
      const pathOf = sharesNetwork(this.#root, pid) ? paths : this.#pathsOf(pid);
      const held = [...(socketsOf(this.#root, pid) ?? [])].flatMap((inode) => {
        const path = pathOf.get(inode);
        return path === undefined ? [] : [{ inode, path }];
      });
      const found = ownSockets(this.#root, pid, held).map(({ inode, path }): [string, RunningServer] => [
        inode,
        this.#placed(holder, path),
      ]);
      // An ending process loses its namespaces before its place in /proc: what was read of it can be wrong.
      if (isAtItsEnd(this.#root, holder.mark)) continue;
      for (const [inode, server] of found)
        if (!this.#isForkOf(server.mark, holders.get(inode)?.mark)) holders.set(inode, server);
    }
    return holders;
  }

  /** Whether a process that holds the socket of another one was forked by it. For a moment, until it runs its program, each pane is a copy of its server: it has the name, the sockets and the files. */
  #isForkOf(mark: ProcessMark, other: ProcessMark | undefined): boolean {
    if (!other) return false;
    // A child can have the smaller pid, because pids begin anew. Two processes can have the same start, a hundredth of a second.
    const age = Number(mark.start) - Number(other.start);
    return age === 0 ? readStat(this.#root, mark.pid)?.field(4) === other.pid : age > 0;
  }

  /** A user can make a folder a link to the one of another user: then the path stays as the server bound it. */
  #placed({ user, ...holder }: Holder, path: string): RunningServer {
    const bound = reachablePath(this.#root, holder.mark.pid, path);
    const canonical = this.#canonical(bound);
    const isItsPlace = canHaveMade(user, canonical);
    return { ...holder, uid: user.uid, socket: isItsPlace ? canonical : bound, isItsPlace };
  }

  #describe(pid: number): Holder | null {
    const mark = markTmuxProcess(this.#root, pid);
    const command = readStat(this.#root, pid)?.command;
    try {
      const user = processUser(this.#root, pid);
      const startedAt = mark && Math.floor(this.#bootedAt() + Number(mark.start) / TICKS_PER_SECOND);
      const ownPid = ownPidOf(this.#root, pid);
      return mark && user && ownPid !== null && startedAt !== null && command !== undefined
        ? { mark, command, ownPid, user, startedAt, isElsewhere: isElsewhere(this.#root, pid) }
        : null;
    } catch {
      return null;
    }
  }

  #pathsOf(pid: number): ReadonlyMap<string, string> {
    const sockets = listeningSockets(`${this.#root}/${pid}`) ?? [];
    return new Map(sockets.map(({ inode, path }) => [inode, path]));
  }

  #bootedAt(): number {
    return Number(/^btime (\d+)$/m.exec(readFileSync(`${this.#root}/stat`, 'utf8'))?.[1] ?? 0);
  }
}
