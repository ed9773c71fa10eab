import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessLiveness, ProcessMark } from '../core/observation.ts';
import { isZombie, readStat } from './process-stat.ts';

/** Sends signal 0: tells whether a pid exists, also where /proc hides it. */
export type SignalZero = (pid: number) => void;

/** The mark of a tmux server's process; null where the pid is not visible here, or is somebody else's in this pid namespace. */
export function markTmuxProcess(root: string, pid: number): ProcessMark | null {
  const stat = readStat(root, pid);
  return stat && isTmuxServer(root, pid, stat.command) ? { pid, start: stat.startTime } : null;
}

/** Linux keeps this many bytes of a process's name. */
const COMMAND_BYTES = 15;

/** Whether a process calls itself as a tmux server does: `<name of its program>: server`, whatever its program is called. */
export function isTmuxServer(root: string, pid: number, command: string): boolean {
  if (command === 'tmux: server') return true;
  // Most processes have no colon in their names: only for the others the link is read.
  if (!command.includes(':')) return false;
  const program = basename(linkOf(`${root}/${pid}/exe`).replace(/ \(deleted\)$/, ''));
  return program !== '' && command === `${program}: server`.slice(0, COMMAND_BYTES);
}

/** Where a link of /proc leads to; empty if it cannot be read. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Whether the process of a mark still runs. A zombie does not; a pid that is another process by now does not either. */
export function livenessOf(root: string, { pid, start }: ProcessMark, signalZero: SignalZero): ProcessLiveness {
  const stat = readStat(root, pid);
  if (stat) return stat.startTime === start && !isZombie(stat) ? 'alive' : 'dead';
  return existsUnseen(pid, signalZero) ? 'unknown' : 'dead';
}

/** Whether the process of a mark is stopped, by a signal or by a tracer. */
export function isStopped(root: string, { pid, start }: ProcessMark): boolean {
  const stat = readStat(root, pid);
  return stat?.startTime === start && (stat.state === 'T' || stat.state === 't');
}

function existsUnseen(pid: number, signalZero: SignalZero): boolean {
  try {
    signalZero(pid);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
