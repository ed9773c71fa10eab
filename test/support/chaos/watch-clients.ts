import { readdirSync, readFileSync } from 'node:fs';
import { childrenOf } from '../process-life.ts';

/** Ticks of the kernel's clock in a second, by which /proc counts. */
const TICKS = 100;

/** A client that came so long ago has long said to its server what it waits for, in seconds. */
const SETTLED = 0.6;

/** Every process that has a path in its command line, by pid. */
export function processesOf(path: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const command = read(pid, 'cmdline').split('\0').join(' ').trim();
    if (command.includes(path)) found.set(pid, command);
  }
  return found;
}

/** The pid of the death watch that a daemon has on a socket; null where it has none that waits. */
export function watchOf(daemonPid: number, socket: string): number | null {
  const pids = childrenOf(daemonPid).filter((pid) => {
    const words = read(pid, 'cmdline').split('\0');
    return words.includes('wait-for') && words.includes(socket) && isSettled(pid);
  });
  return pids[0] ?? null;
}

function isSettled(pid: number): boolean {
  const stat = read(pid, 'stat');
  if (!stat.includes('(tmux: client)')) return false;
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return uptime - startTicks / TICKS > SETTLED;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
