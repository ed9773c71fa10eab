import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of the kernel's clock in a second, by which /proc counts. */
const TICKS = 100;

/** The command lines of every process that has a path in its own, by pid. */
export function processesOf(path: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const command = Number.isInteger(pid) ? commandOf(pid) : '';
    if (command.includes(path)) found.set(pid, command);
  }
  return found;
}

/** How long ago a process was started, in seconds; 0 where it has ended. */
export function secondsSinceStart(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === '') return 0;
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptime = Number(read('/proc/uptime').split(' ')[0]);
  return uptime - startTicks / TICKS;
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
