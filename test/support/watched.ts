import { readFileSync } from 'node:fs';
import type { Daemon } from './daemon.ts';
import { eventually } from './eventually.ts';
import { childrenOf } from './process-life.ts';
import type { TmuxServer } from './tmux-server.ts';

/** Ticks of the kernel's clock in a second, by which /proc counts. */
const TICKS = 100;

/** A client that was started so long ago has arrived at its server, in seconds. */
const ARRIVED = 0.3;

/** Settles when the death watch of each of these servers can tell how it dies. */
export async function watched(daemon: Daemon, ...servers: readonly TmuxServer[]): Promise<void> {
  const isWatched = ({ socket }: TmuxServer) => watchOf(daemon.pid, socket) !== null;
  await eventually('a death watch on each server', () => servers.every(isWatched), 30_000);
}

/** The pid of the death watch that a daemon has on a socket; null where it has none that has arrived. */
export function watchOf(daemonPid: number, socket: string): number | null {
  const pids = childrenOf(daemonPid).filter((pid) => {
    const words = read(pid, 'cmdline').split('\0');
    return words.includes('wait-for') && words.includes(socket) && hasArrived(pid);
  });
  return pids[0] ?? null;
}

function hasArrived(pid: number): boolean {
  const stat = read(pid, 'stat');
  if (!stat.includes('(tmux: client)')) return false;
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return uptime - startTicks / TICKS > ARRIVED;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
