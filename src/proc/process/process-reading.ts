import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessLiveness, ProcessMark } from '../../core/model/observation.ts';
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

/** Whether a process calls itself as a tmux server does, whatever its program is called. One with a name of 15 bytes or more looks like any other process. */
export function isTmuxServer(root: string, pid: number, command: string): boolean {
  if (command === 'tmux: server') return true;
  // Most processes have no colon in their names: only for the others their programs are looked up.
  if (!command.includes(':')) return false;
  const executable = linkOf(`${root}/${pid}/exe`).replace(/ \(deleted\)$/, '');
  return [executable, firstArgument(root, pid)].some(
    (path) => path !== '' && command === serverCommand(basename(path)),
  );
}

/** tmux calls its server `<program>: server (<socket>)`; what Linux does not keep is cut, and then the last word that is not whole (its setproctitle.c). */
function serverCommand(program: string): string {
  const kept = Buffer.from(`${program}: server (`).subarray(0, COMMAND_BYTES).toString();
  const end = kept.lastIndexOf(' ');
  return end < 0 ? kept : kept.slice(0, end);
}

/** The name under which a process was started, which is that of a link to its program if there is one. */
function firstArgument(root: string, pid: number): string {
  try {
    return readFileSync(`${root}/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
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
