import { readFileSync } from 'node:fs';
import type { Daemon } from './daemon.ts';
import { eventually } from './eventually.ts';
import { childrenOf } from './process-life.ts';
import type { TmuxServer } from './tmux-server.ts';

/** Settles when each of these servers has a death watch, and every watch of the daemon has arrived, so that it can tell how its server dies. */
export async function watched(daemon: Daemon, ...servers: readonly TmuxServer[]): Promise<void> {
  await eventually(
    'a death watch on each server',
    async () => {
      const watches = watchPidsOf(daemon.pid).map(wordsOf);
      const isComplete = servers.every(({ socket }) => watches.some((words) => words.includes(socket)));
      return isComplete && (await daemon.sample('tmux_exporter_watches')) === watches.length;
    },
    30_000,
  );
}

/** The pid of the death watch that a daemon has on a socket; null where it has none. */
export function watchOf(daemonPid: number, socket: string): number | null {
  return watchPidsOf(daemonPid).find((pid) => wordsOf(pid).includes(socket)) ?? null;
}

/** Pids of the death watches of a daemon. */
export function watchPidsOf(daemonPid: number): number[] {
  return childrenOf(daemonPid).filter((pid) => isWatch(wordsOf(pid)));
}

/** The pid of the process that runs the clients of a daemon with many servers; null where it has none. */
export function clientHostOf(daemonPid: number): number | null {
  // It gives itself a title once it has begun.
  return (
    childrenOf(daemonPid).find((pid) => /client-host-process|runs tmux clients/.test(read(pid, 'cmdline'))) ?? null
  );
}

function isWatch(words: readonly string[]): boolean {
  return words.includes('wait-for');
}

function wordsOf(pid: number): string[] {
  return read(pid, 'cmdline').split('\0');
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
