import { readFileSync } from 'node:fs';

/** Ticks of the kernel's clock in a second, by which /proc counts. */
const TICKS = 100;

/** CPU seconds of a process itself: of its ended children only where `withChildren`. */
export function cpuSeconds(pid: number, withChildren = false): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return (user + system + (withChildren ? childUser + childSystem : 0)) / TICKS;
}

/** CPU seconds of a process with one thread, such as a tmux server, to the nanosecond. */
export function preciseCpuSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
}

/** Resident bytes of a process. */
export function residentBytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024;
}

function kilobytes(path: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
}
