import { readFileSync } from 'node:fs';
import { statFields } from './process-life.ts';

/** Ticks of the kernel's clock in a second, by which /proc counts. */
const TICKS = 100;

/** CPU seconds of a process; including its ended children with `withChildren`. */
export function cpuSeconds(pid: number, withChildren = false): number {
  const fields = statFields(pid);
  if (!fields) throw new Error(`expected process ${pid} to run, it has ended`);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
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
