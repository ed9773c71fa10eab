/** A process as the kernel described it at one moment. */
export interface Process {
  readonly pid: number;
  /** Pid of its parent. */
  readonly parent: number;
  /** Pid of the leader of its session, in the sense of setsid(2). */
  readonly session: number;
  /** When it started, in clock ticks since boot: a pid alone is reused, the two together are not. */
  readonly start: number;
  /** CPU time of all its threads, including ended ones, in milliseconds. */
  readonly ownMs: number;
  /** CPU time of the children that it has waited for, and of those that they had waited for, in milliseconds. */
  readonly waitedMs: number;
  readonly threads: number;
  /** It has ended, and its parent has not waited for it yet. */
  readonly isZombie: boolean;
}

/** All processes that one pass found. */
export interface ProcessTable {
  /** When the pass began, in clock ticks since boot. Every visible process that started before is in the table. */
  readonly begunAt: number;
  /** By pid, ordered by {@link byAge}. So the result of {@link parentOf} or {@link leaderOf} comes before the process. */
  readonly processes: ReadonlyMap<number, Process>;
  /** Pids that were listed when the pass began, but had ended when they were to be read. */
  readonly endedMeanwhile: ReadonlySet<number>;
}

/** Compares processes by age, oldest first, and then by pid. */
export function byAge(a: Process, b: Process): number {
  return a.start - b.start || a.pid - b.pid;
}

/** The parent of a process; undefined if it is not visible, or if its pid now belongs to another process. */
export function parentOf(process: Process, { processes }: ProcessTable): Process | undefined {
  return olderAt(process.parent, process, processes);
}

/** The leader of a process's session; undefined if it has ended, or if it is the process itself. */
export function leaderOf(process: Process, { processes }: ProcessTable): Process | undefined {
  return olderAt(process.session, process, processes);
}

/** Whether two readings are of the same process. */
export function isSameProcess(a: Pick<Process, 'pid' | 'start'>, b: Pick<Process, 'pid' | 'start'>): boolean {
  return a.pid === b.pid && a.start === b.start;
}

function olderAt(pid: number, process: Process, processes: ReadonlyMap<number, Process>): Process | undefined {
  const found = processes.get(pid);
  return found && byAge(found, process) < 0 ? found : undefined;
}
