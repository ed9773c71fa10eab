/** What a process has at the moment; null of it what may not be read. */
export interface Holdings {
  /** Pages that processes share count once for each. */
  readonly residentBytes: number | null;
  readonly openFiles: number | null;
}

/** What some processes use together; null where that may not be read of one of them. */
export interface ProcessUsage extends Holdings {
  /** CPU time in milliseconds: a counter, in what is accumulated. */
  readonly cpuMs: number;
  /** Zombies among them. */
  readonly processes: number;
  readonly threads: number;
}

/** What no process uses. */
export const NO_USAGE: ProcessUsage = { cpuMs: 0, residentBytes: 0, processes: 0, threads: 0, openFiles: 0 };

/** What two sets of processes use together. */
export function addUsage(a: ProcessUsage, b: ProcessUsage): ProcessUsage {
  return {
    cpuMs: a.cpuMs + b.cpuMs,
    residentBytes: sumOf(a.residentBytes, b.residentBytes),
    processes: a.processes + b.processes,
    threads: a.threads + b.threads,
    openFiles: sumOf(a.openFiles, b.openFiles),
  };
}

function sumOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
