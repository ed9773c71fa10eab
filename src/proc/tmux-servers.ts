import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { ProcessMark } from '../core/observation.ts';
import { markTmuxProcess, readStat } from './process.ts';
import { listeningSockets } from './unix-sockets.ts';

/** How tmux names the process of a server. */
const SERVER_COMMAND = 'tmux: server';

/** `/proc` counts time in this many ticks per second, whatever the kernel does (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** A running tmux server, found by its process. */
export interface RunningServer {
  readonly mark: ProcessMark;
  readonly uid: number;
  /** The path it listens on; its file may have been deleted, or be another's by now. */
  readonly socket: string;
  /** When the process started, Unix seconds. */
  readonly startedAt: number;
}

/** Finds running tmux servers wherever their sockets are, by the sockets that the kernel lists. What was found out of a socket is remembered, so that a look usually costs one small file. */
export class ProcessDiscovery {
  readonly #root: string;
  /** By inode: the server that holds a socket; null where that is no tmux server we may see. */
  #holders = new Map<string, RunningServer | null>();

  constructor(root = '/proc') {
    this.#root = root;
  }

  /** The tmux servers that run as `uid`, or as anybody where it is null. */
  look(uid: number | null): readonly RunningServer[] {
    const sockets = listeningSockets(this.#root) ?? [];
    const isNew = sockets.some(({ inode }) => !this.#holders.has(inode));
    const found = isNew ? this.#findHolders(uid) : null;
    this.#holders = new Map(
      sockets.map(({ inode, path }) => {
        const process = found?.get(inode);
        return [inode, process ? { ...process, socket: path } : (this.#holders.get(inode) ?? null)];
      }),
    );
    return [...this.#holders.values()].filter((holder) => holder !== null);
  }

  #findHolders(uid: number | null): ReadonlyMap<string, Omit<RunningServer, 'socket'>> {
    const holders = new Map<string, Omit<RunningServer, 'socket'>>();
    for (const pid of this.#serverPids()) {
      const server = this.#describe(pid);
      if (!server || (uid !== null && server.uid !== uid)) continue;
      for (const inode of this.#socketsOf(pid)) holders.set(inode, server);
    }
    return holders;
  }

  #serverPids(): number[] {
    const pids = readdirSync(this.#root).map(Number).filter(Number.isInteger);
    return pids.filter((pid) => readStat(this.#root, pid)?.command.startsWith(SERVER_COMMAND));
  }

  #describe(pid: number): Omit<RunningServer, 'socket'> | null {
    const mark = markTmuxProcess(this.#root, pid);
    try {
      const { uid } = statSync(`${this.#root}/${pid}`);
      return mark && { mark, uid, startedAt: Math.floor(this.#bootedAt() + Number(mark.start) / TICKS_PER_SECOND) };
    } catch {
      return null;
    }
  }

  #bootedAt(): number {
    return Number(/^btime (\d+)$/m.exec(readFileSync(`${this.#root}/stat`, 'utf8'))?.[1] ?? 0);
  }

  #socketsOf(pid: number): string[] {
    const folder = `${this.#root}/${pid}/fd`;
    try {
      return readdirSync(folder).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${fd}`))?.[1] ?? []);
    } catch {
      return [];
    }
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
