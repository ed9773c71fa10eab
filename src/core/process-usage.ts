/** What some processes use together. */
export interface ProcessUsage {
  /** CPU time in milliseconds: a counter, in what is accumulated. */
  readonly cpuMs: number;
  /** Pages that processes share count once for each. */
  readonly residentBytes: number;
  /** Zombies among them. */
  readonly processes: number;
  readonly threads: number;
  /** Null where those of one of them may not be counted. */
  readonly openFiles: number | null;
}

/** What no process uses. */
export const NO_USAGE: ProcessUsage = { cpuMs: 0, residentBytes: 0, processes: 0, threads: 0, openFiles: 0 };

/** What two sets of processes use together. What is not known of one is not known of both. */
export function addUsage(a: ProcessUsage, b: ProcessUsage): ProcessUsage {
  return {
    cpuMs: a.cpuMs + b.cpuMs,
    residentBytes: a.residentBytes + b.residentBytes,
    processes: a.processes + b.processes,
    threads: a.threads + b.threads,
    openFiles: a.openFiles === null || b.openFiles === null ? null : a.openFiles + b.openFiles,
  };
}
