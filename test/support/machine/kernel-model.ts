import { inOrderOfBirth, type Process, type ProcessTable } from '../../../src/core/process/process.ts';

type Mutable = { -readonly [Key in keyof Process]: Process[Key] } & {
  /** It adopts the orphans below it (PR_SET_CHILD_SUBREAPER). */
  adopts: boolean;
  /** The kernel drops its children as soon as they end (SIGCHLD is ignored). */
  ignoresChildren: boolean;
};

/** Pid of the process from which all in a model descend. */
export const ROOT = 100;

/** The largest pid: after it, small ones come again. */
const LARGEST_PID = 250;
/** Processes that are born within a tick of the clock. */
const BIRTHS_PER_TICK = 3;

/** The part of a kernel that keeps processes and their times: init, a root below it, and whatever that forks. */
export class KernelModel {
  /** All that was ever spent, but by init. */
  trulySpent = 0;
  readonly #processes = new Map<number, Mutable>();
  #births = 1000 * BIRTHS_PER_TICK;
  #lastPid = ROOT;

  constructor() {
    this.#add(1, 0);
    this.#add(ROOT, 1);
  }

  /** Pids that can act, in the order of their age. */
  get living(): readonly number[] {
    return [...this.#processes.values()].filter(({ pid, isZombie }) => pid !== 1 && !isZombie).map(({ pid }) => pid);
  }

  get #tick(): number {
    return Math.floor(this.#births / BIRTHS_PER_TICK);
  }

  fork(pid: number, { adopts = false, ignoresChildren = false } = {}): number {
    do this.#lastPid = this.#lastPid === LARGEST_PID ? ROOT + 1 : this.#lastPid + 1;
    while (this.#processes.has(this.#lastPid));
    Object.assign(this.#add(this.#lastPid, pid), { adopts, ignoresChildren });
    return this.#lastPid;
  }

  spend(pid: number, ms: number): void {
    this.#get(pid).ownMs += ms;
    this.trulySpent += ms;
  }

  hasChildren(pid: number): boolean {
    return this.#childrenOf(pid).length > 0;
  }

  /** Ends a process: its children go to the nearest adopter above it, and it stays a zombie until it is waited for. */
  end(pid: number): void {
    const process = this.#get(pid);
    const adopter = this.#adopterOf(process);
    process.isZombie = true;
    for (const child of this.#childrenOf(pid)) {
      child.parent = adopter;
      if (child.isZombie) this.#settle(child);
    }
    this.#settle(process);
  }

  /** A process waits for one of its ended children, if there is one. */
  wait(pid: number): void {
    const ended = this.#childrenOf(pid).find(({ isZombie }) => isZombie);
    if (!ended) return;
    this.#get(pid).waitedMs += ended.ownMs + ended.waitedMs;
    this.#processes.delete(ended.pid);
  }

  /** Reads all processes as a pass does, the known ones first. Each yield is a moment at which something can happen. */
  *read(known: Iterable<number>): Generator<void, ProcessTable> {
    const begunAt = this.#tick;
    const listed = new Set(this.#processes.keys());
    const found: Process[] = [];
    const endedMeanwhile = new Set<number>();
    for (const pid of new Set([...[...known].filter((pid) => listed.has(pid)), ...listed])) {
      yield;
      const process = this.#processes.get(pid);
      if (process) found.push({ ...process });
      else endedMeanwhile.add(pid);
    }
    const processes = new Map(inOrderOfBirth(found, (process) => process).map((process) => [process.pid, process]));
    return { begunAt, processes, endedMeanwhile };
  }

  #add(pid: number, parent: number): Mutable {
    const process: Mutable = {
      ...{ pid, parent, session: pid === 1 ? 1 : ROOT, start: this.#tick, ownMs: 0, waitedMs: 0 },
      ...{ threads: 1, isZombie: false, adopts: false, ignoresChildren: false },
    };
    this.#processes.set(pid, process);
    this.#births++;
    return process;
  }

  /** Init waits at once for whoever ends below it, and who ignores his children never does. */
  #settle(zombie: Mutable): void {
    const parent = this.#get(zombie.parent);
    if (zombie.parent === 1) this.wait(1);
    else if (parent.ignoresChildren) this.#processes.delete(zombie.pid);
  }

  #adopterOf({ parent }: Process): number {
    let adopter = this.#get(parent);
    while (adopter.pid !== 1 && !(adopter.adopts && !adopter.isZombie)) adopter = this.#get(adopter.parent);
    return adopter.pid;
  }

  #childrenOf(pid: number): Mutable[] {
    return [...this.#processes.values()].filter(({ parent }) => parent === pid);
  }

  #get(pid: number): Mutable {
    const process = this.#processes.get(pid);
    if (!process) throw new Error(`there is no process ${pid}`);
    return process;
  }
}
