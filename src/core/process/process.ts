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
  /** By pid, in the order of {@link inOrderOfBirth}: the result of {@link parentOf} or {@link leaderOf} comes before the process. */
  readonly processes: ReadonlyMap<number, Process>;
  /** Pids that were listed when the pass began, but had ended when they were to be read. */
  readonly endedMeanwhile: ReadonlySet<number>;
}

/**
 * Sorts processes by age, oldest first. Those of one tick are sorted by pid, but parents and session leaders come before their
 * kin: the kernel begins with small pids again after the largest, so a child can have a smaller one. `processOf` gives the
 * process of an item.
 */
export function inOrderOfBirth<T>(items: readonly T[], processOf: (item: T) => Process): readonly T[] {
  const sorted = items.toSorted((a, b) => byAge(processOf(a), processOf(b)));
  if (!sorted.some((item) => hasLargerElder(processOf(item)))) return sorted;
  const byPid = new Map(sorted.map((item) => [processOf(item).pid, item]));
  const seen = new Set<T>();
  const ordered: T[] = [];
  const place = (item: T) => {
    if (seen.has(item)) return;
    seen.add(item);
    const { parent, session, start } = processOf(item);
    for (const pid of [parent, session]) {
      const elder = byPid.get(pid);
      if (elder !== undefined && processOf(elder).start === start) place(elder);
    }
    ordered.push(item);
  };
  for (const item of sorted) place(item);
  return ordered;
}

function byAge(a: Process, b: Process): number {
  return a.start - b.start || a.pid - b.pid;
}

function hasLargerElder({ pid, parent, session }: Process): boolean {
  return parent > pid || session > pid;
}

/** The parent of a process; undefined if it is not visible, or if its pid now belongs to another process. */
export function parentOf(process: Process, { processes }: ProcessTable): Process | undefined {
  return elderAt(process.parent, process, processes);
}

/** The leader of a process's session; undefined if it has ended, or if it is the process itself. */
export function leaderOf(process: Process, { processes }: ProcessTable): Process | undefined {
  return elderAt(process.session, process, processes);
}

/** Whether two readings are of the same process. */
export function isSameProcess(a: Pick<Process, 'pid' | 'start'>, b: Pick<Process, 'pid' | 'start'>): boolean {
  return a.pid === b.pid && a.start === b.start;
}

/** A pid is not used again within one tick, so a process that is as old is the one that is meant. */
function elderAt(pid: number, process: Process, processes: ReadonlyMap<number, Process>): Process | undefined {
  const found = processes.get(pid);
  return found && found.pid !== process.pid && found.start <= process.start ? found : undefined;
}
