import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { livenessOf } from '../../src/proc/process/process-reading.ts';
import { readStat } from '../../src/proc/process/process-stat.ts';

/** One process, identified by pid and start time, so that a signal never reaches a later process with the same pid. */
export interface Life {
  readonly pid: number;
  /** Its start time in /proc; empty if there is no /proc. */
  readonly start: string;
}

/** The process that has `pid` now. */
export function lifeOf(pid: number): Life {
  return { pid, start: readStat('/proc', pid)?.startTime ?? '' };
}

/** Whether it still runs; a zombie does not. */
export function isRunning(life: Life): boolean {
  return livenessOf('/proc', life, (pid) => process.kill(pid, 0)) !== 'dead';
}

/** Sends a signal to exactly this process; no error if it has ended. */
export function send(life: Life, signal: NodeJS.Signals): void {
  try {
    if (isRunning(life)) process.kill(life.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits for the end of a process, which need not be our child; false if it still runs after `timeoutMs`. */
export async function ended(life: Life, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(life)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

/** Ends a process, even a stopped one: with SIGTERM, and after `graceMs` with SIGKILL. */
export async function end(life: Life, graceMs: number): Promise<void> {
  send(life, 'SIGTERM');
  if (graceMs > 0 && (await ended(life, graceMs))) return;
  send(life, 'SIGKILL');
  await ended(life, 5_000);
}
