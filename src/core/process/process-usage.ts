/** Memory and open files of a process now. A value is null if it may not be read. */
export interface Holdings {
  /** Pages that processes share count once for each. */
  readonly residentBytes: number | null;
  readonly openFiles: number | null;
}

/** What some processes use together. A sum is null if the value of one of them may not be read. */
export interface ProcessUsage extends Holdings {
  /** CPU time in milliseconds: since the last pass, or accumulated as a counter. */
  readonly cpuMs: number;
  /** Number of processes, including zombies. */
  readonly processes: number;
  readonly threads: number;
}

/** The usage of no process at all. */
export const NO_USAGE: ProcessUsage = { cpuMs: 0, residentBytes: 0, processes: 0, threads: 0, openFiles: 0 };

/** The sum of two usages. */
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
