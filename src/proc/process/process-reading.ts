import { basename } from 'node:path';
import type { ProcessLiveness, ProcessMark } from '../../core/model/observation.ts';
import { readLink, readStart, readText } from '../kernel/text-file.ts';
import { isEnding, isZombie, readStat } from './process-stat.ts';

/** Sends signal 0, which shows whether a pid exists, even if /proc hides it. Throws an error with `code` if not. */
export type SignalZero = (pid: number) => void;

/** Reads the mark of a tmux server's process; null if the pid is not visible here, or is another process in this pid namespace. */
export function markTmuxProcess(root: string, pid: number): ProcessMark | null {
  const stat = readStat(root, pid);
  return stat && isTmuxServer(root, pid, stat.command) ? { pid, start: stat.startTime } : null;
}

/** The pid by which a process calls itself: not the one that we see if it is in a pid namespace of its own. Null if it has ended. */
export function ownPidOf(root: string, pid: number): number | null {
  const status = readText(`${root}/${pid}/status`);
  if (status === null) return null;
  const [, own] = /^NSpid:.*\t(\d+)$/m.exec(status) ?? [];
  // Kernels before 4.1 do not say it.
  return own === undefined ? pid : Number(own);
}

/** Number of bytes that Linux keeps of a process's name. */
const COMMAND_BYTES = 15;

/** Whether a process has the name of a tmux server, whatever its program is called. A long name of a program leaves no room for the rest: then it is one if it is named after tmux. */
export function isTmuxServer(root: string, pid: number, command: string): boolean {
  if (command === 'tmux: server') return true;
  // Most names are like neither, and are not worth reading more.
  if (!command.includes(':') && !command.includes('tmux')) return false;
  const executable = (readLink(`${root}/${pid}/exe`) ?? '').replace(/ \(deleted\)$/, '');
  return [executable, firstArgument(root, pid)].some((path) => path !== '' && isServerCommand(command, basename(path)));
}

/** Whether a process is named as a server of a program is. The name is whole if all of it fits, such as `mux: server (q)`. */
function isServerCommand(command: string, program: string): boolean {
  return command === serverCommand(program) || command.startsWith(`${program}: server (`);
}

/** The process name of a server: `<program>: server (<socket>)`, cut at Linux's limit, without the last word if that was cut (tmux's setproctitle.c). */
function serverCommand(program: string): string {
  const kept = Buffer.from(`${program}: server (`).subarray(0, COMMAND_BYTES).toString();
  const end = kept.lastIndexOf(' ');
  return end < 0 ? kept : kept.slice(0, end);
}

/** How much is read of the arguments of a process: the longest path. Anybody can start a process with gigabytes of them, which may be read by all. */
const ARGUMENT_BYTES = 4096;

/** The first argument of a process, cut if it is longer than any path: the name of the link if its program was started through one. */
function firstArgument(root: string, pid: number): string {
  return readStart(`${root}/${pid}/cmdline`, ARGUMENT_BYTES)?.split('\0', 1)[0] ?? '';
}

/** Whether the process of a mark still runs. A zombie counts as dead, and so does a pid that is another process by now. */
export function livenessOf(root: string, { pid, start }: ProcessMark, signalZero: SignalZero): ProcessLiveness {
  const stat = readStat(root, pid);
  if (stat) return stat.startTime === start && !isZombie(stat) ? 'alive' : 'dead';
  return existsUnseen(pid, signalZero) ? 'unknown' : 'dead';
}

/** Whether the process of a mark has ended, or is about to: what it no longer does says nothing about a living one. */
export function isAtItsEnd(root: string, { pid, start }: ProcessMark): boolean {
  const stat = readStat(root, pid);
  return stat?.startTime !== start || isEnding(stat);
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
