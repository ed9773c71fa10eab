import { readFileSync } from 'node:fs';

/** The content of `/proc/<pid>/stat` (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly command: string;
  readonly state: string;
  /** Start time in clock ticks since boot. Together with the pid it identifies a process. */
  readonly startTime: string;
  /** Returns a numeric field from 4 to 22, by its number in the manual. */
  readonly field: (number: number) => number;
}

/** Reads `/proc/<pid>/stat`; null if it cannot be read. */
export function readStat(root: string, pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`${root}/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** Parses a line of `/proc/<pid>/stat`. The command is in parentheses and can contain any character, so the fields begin after the last parenthesis. */
export function parseStat(line: string): ProcessStat | null {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ', 20);
  const [state, startTime] = [fields[0], fields[19]];
  if (open < 0 || close < open || state === undefined || startTime === undefined) return null;
  const field = (number: number) => Number(fields[number - 3]);
  return { command: line.slice(open + 1, close), state, startTime, field };
}

/** Set in the flags of a process that is ending (PF_EXITING of the kernel's sched.h): its memory, files and namespaces go one after the other. */
const EXITING = 0x4;

/** Whether a process has begun to end, or has ended: what can be read of it may be missing. */
export function isEnding(stat: ProcessStat): boolean {
  return isZombie(stat) || (stat.field(9) & EXITING) !== 0;
}

/** Whether a process has ended, though its parent has not waited for it yet. */
export function isZombie({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X';
}
