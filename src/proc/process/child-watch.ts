import { closeSync, openSync, readSync } from 'node:fs';
import { ProcessTurnover } from './process-turnover.ts';

/** A tmux server whose child processes are watched. */
export interface Parent {
  readonly name: string;
  readonly pid: number;
  /** Number of children that its last poll implies; null if unknown. */
  readonly children: number | null;
}

/** Options of a {@link ChildWatch}. */
export interface ChildWatchOptions {
  /** The servers to watch; the same list as long as nothing has changed. */
  readonly parents: () => readonly Parent[];
  /** Called when the process itself ended, its children changed, or it has another number of them at first sight; at most once a second per process. */
  readonly onChange: (name: string) => void;
  readonly root?: string;
}

/** How often we check whether any process of the machine began or ended; only then are the children read. */
const EVERY_MS = 200;

/** Many servers are read less often: on average at most one read per two milliseconds. */
const MS_PER_READ = 2;

/** Minimum time between two reports of one server. Status lines start processes too; not each of them is worth a poll. */
const PAUSE_MS = 1_000;

interface Watched {
  readonly pid: number;
  readonly descriptor: number;
  children: string;
  reportedAt: number;
  isChanged: boolean;
}

/**
 * Detects within a fraction of a second that a process started or lost a child, as a tmux server does with every pane. It reads
 * `/proc/<pid>/task/<pid>/children`, some microseconds per read. The process does not notice.
 */
export class ChildWatch {
  readonly #options: ChildWatchOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  readonly #turnover: ProcessTurnover;
  /** The parents as of the last read. */
  #parents: readonly Parent[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: ChildWatchOptions) {
    this.#options = options;
    this.#turnover = new ProcessTurnover(`${options.root ?? '/proc'}/loadavg`);
  }

  /** Checks now, and periodically from now on. */
  start(): void {
    if (this.#isStopped) return;
    const parents = this.#options.parents();
    const isDue = this.#isDue(parents);
    if (isDue) this.#read(parents);
    this.#timer = setTimeout(() => this.start(), Math.max(EVERY_MS, isDue ? parents.length * MS_PER_READ : 0));
  }

  /** Stops checking, permanently. */
  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const name of [...this.#watched.keys()]) this.#forget(name);
    this.#turnover.close();
  }

  /** Whether children may have changed since the last read, or a change is still to be reported. */
  #isDue(parents: readonly Parent[]): boolean {
    const hasChanged = this.#turnover.hasChanged();
    return hasChanged || parents.length !== this.#watched.size || parents.some((parent) => this.#isPending(parent));
  }

  #isPending({ name, pid }: Parent): boolean {
    const watched = this.#watched.get(name);
    return watched?.pid !== pid || watched.isChanged;
  }

  #read(parents: readonly Parent[]): void {
    if (parents !== this.#parents) {
      const names = new Set(parents.map(({ name }) => name));
      for (const name of [...this.#watched.keys()]) if (!names.has(name)) this.#forget(name);
      this.#parents = parents;
    }
    const now = performance.now();
    for (const parent of parents) this.#readOne(parent, now);
  }

  #readOne(parent: Parent, now: number): void {
    const { name, pid } = parent;
    let watched = this.#watched.get(name) ?? null;
    if (watched?.pid !== pid) {
      this.#forget(name);
      watched = this.#open(parent);
    }
    const children = watched && this.#childrenOf(watched.descriptor);
    if (!watched || children === null) {
      this.#forget(name);
      // The process has just ended.
      if (watched) this.#options.onChange(name);
      return;
    }
    if (children !== watched.children) {
      watched.children = children;
      watched.isChanged = true;
    }
    if (!watched.isChanged || now - watched.reportedAt < PAUSE_MS) return;
    watched.isChanged = false;
    watched.reportedAt = now;
    this.#options.onChange(name);
  }

  #open({ name, pid, children: expected }: Parent): Watched | null {
    const { root = '/proc' } = this.#options;
    try {
      const descriptor = openSync(`${root}/${pid}/task/${pid}/children`, 'r');
      const children = this.#childrenOf(descriptor) ?? '';
      // A child may have begun or ended between the poll and this first read.
      const isChanged = expected !== null && countOf(children) !== expected;
      const watched = { pid, descriptor, children, reportedAt: Number.NEGATIVE_INFINITY, isChanged };
      this.#watched.set(name, watched);
      return watched;
    } catch {
      // The process has ended, or the kernel has no such file.
      return null;
    }
  }

  /** Reads the pids of the children as text; null if the process has ended. */
  #childrenOf(descriptor: number): string | null {
    try {
      return this.#buffer.toString('latin1', 0, readSync(descriptor, this.#buffer, 0, this.#buffer.length, 0));
    } catch {
      return null;
    }
  }

  #forget(name: string): void {
    const watched = this.#watched.get(name);
    if (!watched) return;
    this.#watched.delete(name);
    closeSync(watched.descriptor);
  }
}

/** The number of pids in a text such as `12 34 `. */
function countOf(children: string): number {
  return children.match(/\d+/g)?.length ?? 0;
}
