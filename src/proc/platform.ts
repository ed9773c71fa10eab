import { existsSync } from 'node:fs';
import type { ProcessLiveness, ProcessMark } from '../core/observation.ts';
import { isStopped, livenessOf, markTmuxProcess, type SignalZero } from './process.ts';
import { listeningPaths } from './unix-sockets.ts';

/** What this machine can tell of processes and sockets: everything on Linux, nothing where there is no /proc. */
export interface ProcPlatform {
  /** Whether there is a /proc to read. */
  readonly available: boolean;
  /** The mark of a running tmux process; null where it is not visible from here. */
  readonly markProcess: (pid: number) => ProcessMark | null;
  readonly liveness: (mark: ProcessMark) => ProcessLiveness;
  readonly isStopped: (mark: ProcessMark) => boolean;
  /** Whether the kernel lists the path as listening; null where it cannot be asked. */
  readonly isListening: (socket: string) => boolean | null;
}

/** Reads what `root`, usually `/proc`, tells. */
export function createProcPlatform(signalZero: SignalZero, root = '/proc'): ProcPlatform {
  return {
    available: existsSync(`${root}/self/stat`),
    markProcess: (pid) => markTmuxProcess(root, pid),
    liveness: (mark) => livenessOf(root, mark, signalZero),
    isStopped: (mark) => isStopped(root, mark),
    isListening: (socket) => listeningPaths(root)?.has(socket) ?? null,
  };
}
