import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessLiveness, ProcessMark } from '../core/observation.ts';

/** The fields of `/proc/<pid>/stat` by which a process is told apart and found alive (proc(5)). */
interface ProcessStat {
  readonly command: string;
  /** `Z` and `X` are dead. */
  readonly state: string;
  /** Start time in clock ticks since boot: never the same for two processes with one pid. */
  readonly startTime: string;
}

/** Sends signal 0: tells whether a pid exists, also where /proc hides it. */
export type SignalZero = (pid: number) => void;

/** Reads `/proc/<pid>/stat`; null where there is none. */
export function readStat(root: string, pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`${root}/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** Reads a line of `/proc/<pid>/stat`. The command stands in parentheses and may hold any character, so the fields begin after the last one. */
export function parseStat(line: string): ProcessStat | null {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (open < 0 || close < open || state === undefined || startTime === undefined) return null;
  return { command: line.slice(open + 1, close), state, startTime };
}

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
  if (stat) return stat.startTime === start && stat.state !== 'Z' && stat.state !== 'X' ? 'alive' : 'dead';
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
