/** A process as the kernel described it at one moment. */
export interface Process {
  readonly pid: number;
  /** Pid of its parent. */
  readonly parent: number;
  /** Pid of the leader of its session, in the sense of setsid(2). */
  readonly session: number;
  /** When it started, in clock ticks since boot: a pid alone is reused, the two together are not. */
  readonly start: number;
  /** CPU time of all its threads, ended ones among them, in milliseconds. */
  readonly ownMs: number;
  /** CPU time of the children that it has waited for, and of those they had waited for, in milliseconds. */
  readonly waitedMs: number;
  readonly threads: number;
  /** It has ended, and its parent has not waited for it yet. */
  readonly isZombie: boolean;
}

/** The processes that one pass over all of them found. */
export interface ProcessTable {
  /** When the pass began, in clock ticks since boot: whatever started before and was visible is in it. */
  readonly begunAt: number;
  /** By pid, the oldest first, and of one age those with the lower pid: so whoever is found by {@link parentOf} or {@link leaderOf} comes before. */
  readonly processes: ReadonlyMap<number, Process>;
  /** Pids that were listed when the pass began, and had ended when their turn came. */
  readonly endedMeanwhile: ReadonlySet<number>;
}

/** Orders processes by age, as a {@link ProcessTable} has them. */
export function byAge(a: Process, b: Process): number {
  return a.start - b.start || a.pid - b.pid;
}

/** The parent of a process; undefined where it is not visible, or where its pid is another process by now. */
export function parentOf(process: Process, { processes }: ProcessTable): Process | undefined {
  return olderAt(process.parent, process, processes);
}

/** The leader of the session that a process is in; undefined where it has ended, or is the process itself. */
export function leaderOf(process: Process, { processes }: ProcessTable): Process | undefined {
  return olderAt(process.session, process, processes);
}

/** Whether two readings are of one process. */
export function isSameProcess(a: Pick<Process, 'pid' | 'start'>, b: Pick<Process, 'pid' | 'start'>): boolean {
  return a.pid === b.pid && a.start === b.start;
}

function olderAt(pid: number, process: Process, processes: ReadonlyMap<number, Process>): Process | undefined {
  const found = processes.get(pid);
  return found && byAge(found, process) < 0 ? found : undefined;
}
