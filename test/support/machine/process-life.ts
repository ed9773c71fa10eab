import { readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

/** One process, identified by pid and start time, so that a signal never reaches a later process with the same pid. */
export interface ProcessLife {
  readonly pid: number;
  /** Start time in clock ticks since boot; null if there is no /proc. */
  readonly start: string | null;
}

/** The process that has `pid` now. */
export function processLife(pid: number): ProcessLife {
  // To signal process 0 is to signal our whole group.
  if (!(pid > 0)) throw new Error(`expected a pid, found ${pid}`);
  return { pid, start: statOf(pid)?.start ?? null };
}

/** Whether it still runs; a zombie does not. */
export function isRunning({ pid, start }: ProcessLife): boolean {
  const stat = statOf(pid);
  if (stat) return stat.start === start && stat.state !== 'Z' && stat.state !== 'X';
  return start === null && exists(pid);
}

/** Sends a signal to exactly that process; it is no error if it has ended. */
export function signal(life: ProcessLife, name: NodeJS.Signals): void {
  if (isRunning(life)) process.kill(life.pid, name);
}

/** Settles when the process has ended. */
export function ended(life: ProcessLife): Promise<void> {
  return eventually(`the end of process ${life.pid}`, () => !isRunning(life));
}

/** Settles when the process is in one of the states that /proc/<pid>/stat names, such as `T` for stopped. */
export function inState({ pid }: ProcessLife, states: string): Promise<void> {
  return eventually(`process ${pid} in state ${states}`, () => states.includes(statOf(pid)?.state ?? '?'));
}

/** Whether a process has ended, and its parent has not waited for it. */
export function isZombie(pid: number): boolean {
  return statOf(pid)?.state === 'Z';
}

/** The pids of the children of a process, zombies among them; none if it has ended. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether a process still has the name of `parent`, as after a fork and before its program is run. */
export function isCopyOf(parent: number): (pid: number) => boolean {
  const name = nameOf(parent);
  return (pid) => name !== '' && nameOf(pid) === name;
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return '';
  }
}

/** The fields of `/proc/<pid>/stat` from the third on, which is the state; null if the process has ended. */
export function statFields(pid: number): readonly string[] | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function statOf(pid: number): { state: string; start: string } | null {
  const fields = statFields(pid);
  return fields && { state: fields[0] ?? '?', start: fields[19] ?? '?' };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
