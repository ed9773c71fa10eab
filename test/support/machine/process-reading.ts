import { readdirSync, readFileSync } from 'node:fs';
import { cpuSeconds } from './process-cost.ts';
import { childrenOf, isZombie } from './process-life.ts';

/** Reads the usage of the processes below some others, in other ways than the exporter: by lists of children and by `status`. */
export interface ProcessReading {
  readonly pids: readonly number[];
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly processes: number;
  readonly threads: number;
  readonly openFiles: number;
}

/** Reads the processes with these pids, all that descend from them, and all that are in a session which one of them leads. */
export function readProcesses(roots: readonly number[]): ProcessReading {
  const pids = pidsBelow(roots);
  const sum = (read: (pid: number) => number) => pids.reduce((total, pid) => total + read(pid), 0);
  return {
    pids,
    // In whole ticks of 10 ms, as the kernel counts them.
    cpuSeconds: Math.round(sum((pid) => cpuSeconds(pid, true)) * 100) / 100,
    residentBytes: sum((pid) => status(pid, 'VmRSS') * 1024),
    processes: pids.length,
    threads: sum((pid) => status(pid, 'Threads')),
    openFiles: sum(openFilesOf),
  };
}

/** The pids that {@link readProcesses} reads. */
export function pidsBelow(roots: readonly number[]): readonly number[] {
  return [...withKin(roots)];
}

/** A zombie has none. Its folder is there, but only root may list it. */
function openFilesOf(pid: number): number {
  return isZombie(pid) ? 0 : readdirSync(`/proc/${pid}/fd`).length;
}

function withKin(roots: readonly number[]): Set<number> {
  const kin = new Set<number>();
  const take = (pid: number) => {
    if (kin.has(pid)) return;
    kin.add(pid);
    for (const child of childrenOf(pid)) take(child);
  };
  for (const root of roots) take(root);
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    if (roots.includes(sessionOf(pid))) take(pid);
  }
  return kin;
}

function sessionOf(pid: number): number {
  try {
    return status(pid, 'NSsid');
  } catch {
    return 0;
  }
}

function status(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
