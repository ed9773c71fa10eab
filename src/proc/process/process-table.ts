import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inOrderOfBirth, type Process, type ProcessTable } from '../../core/process/process.ts';
import type { Holdings } from '../../core/process/process-usage.ts';
import { namesIn } from '../kernel/folder-names.ts';
import type { KernelUnits } from '../kernel/kernel-units.ts';
import { isZombie, parseStat } from './process-stat.ts';

/** Maximum time of a pass before it yields to the event loop. */
const SLICE_MS = 3;

/** Size of the read buffer. A line of `/proc/<pid>/stat` has about 350 bytes, and the fields that we need are in its first half. */
const LINE_BYTES = 1024;

/** Maximum number of open files that are counted by listing them: 16,384 take some 10 ms. Of a process with more, the number is not known. */
const MOST_LISTED = 16_384;

/** A process, and the line of `/proc/<pid>/stat` that it was read from. */
interface Reading {
  readonly line: string;
  readonly process: Process;
}

/** Reads all processes of the machine, with one small file of /proc each. */
export class ProcessTableReader {
  readonly #root: string;
  readonly #units: KernelUnits;
  readonly #line = Buffer.allocUnsafeSlow(LINE_BYTES);
  readonly #countFiles: (folder: string) => number | null;
  /** The processes of the last pass by pid, oldest first. */
  #known: ReadonlyMap<number, Reading> = new Map();

  constructor(units: KernelUnits, root = '/proc') {
    this.#root = root;
    this.#units = units;
    this.#countFiles = hasCountAsSize(`${root}/self/fd`) ? countBySize : countByListing;
  }

  /** Makes one pass. It rejects if it cannot be completed: half of the processes would give wrong sums. */
  async read(): Promise<ProcessTable> {
    const begunAt = this.#now();
    // List first, then read: a process that is not listed has ended before, and is included in the counters of the parent that waited for it.
    const listed = new Set((await readdir(this.#root)).map(Number).filter(Number.isInteger));
    const found: Reading[] = [];
    const endedMeanwhile = new Set<number>();
    await inSlices(this.#inOrder(listed), (pid) => {
      const reading = this.#readOne(pid);
      if (reading === 'ended') endedMeanwhile.add(pid);
      else if (reading) found.push(reading);
    });
    await nextTurn();
    const ordered = inOrderOfBirth(found, ({ process }) => process);
    this.#known = new Map(ordered.map((reading) => [reading.process.pid, reading]));
    return { begunAt, processes: new Map(ordered.map(({ process }) => [process.pid, process])), endedMeanwhile };
  }

  /** Reads the memory and open files of processes, by pid; zero if a process has ended since. */
  async readHoldings(processes: Iterable<Process>): Promise<ReadonlyMap<number, Holdings>> {
    const holdings = new Map<number, Holdings>();
    await inSlices(processes, ({ pid, isZombie }) => {
      if (!isZombie) holdings.set(pid, this.#holdingsOf(`${this.#root}/${pid}`));
    });
    return holdings;
  }

  /** `statm` is exact; the memory in `stat` lacks what each CPU has not added yet (proc_pid_stat(5)). */
  #holdingsOf(folder: string): Holdings {
    const pages = orNull(() => Number(this.#readLine(`${folder}/statm`).split(' ', 2)[1]));
    return { residentBytes: pages && pages * this.#units.pageBytes, openFiles: this.#countFiles(`${folder}/fd`) };
  }

  /** Parents first: otherwise a child could be read alive after its parent's counters already include it. */
  #inOrder(listed: ReadonlySet<number>): number[] {
    const newest = [...this.#known.keys()].at(-1) ?? 0;
    const known = [...this.#known.keys()].filter((pid) => listed.has(pid));
    // After the largest pid, the kernel begins with small ones again.
    const isOfNextRound = (pid: number) => Number(pid < newest);
    const fresh = [...listed].filter((pid) => !this.#known.has(pid));
    return [...known, ...fresh.sort((a, b) => isOfNextRound(a) - isOfNextRound(b) || a - b)];
  }

  /** Reads one process; null if it is hidden from us (`hidepid`). Most processes sleep: what has not changed is not parsed again. */
  #readOne(pid: number): Reading | 'ended' | null {
    try {
      const line = this.#readLine(`${this.#root}/${pid}/stat`);
      const known = this.#known.get(pid);
      return known?.line === line ? known : { line, process: parseProcess(pid, line, this.#units) };
    } catch (error) {
      if (hasEnded(error)) return 'ended';
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') return null;
      throw error;
    }
  }

  #readLine(path: string): string {
    const file = openSync(path, 'r');
    try {
      return this.#line.toString('latin1', 0, readSync(file, this.#line, 0, LINE_BYTES, null));
    } finally {
      closeSync(file);
    }
  }

  #now(): number {
    const seconds = Number(readFileSync(`${this.#root}/uptime`, 'utf8').split(' ', 1)[0]);
    return Math.floor(seconds * this.#units.ticksPerSecond);
  }
}

/** Parses a line of `/proc/<pid>/stat`. Throws if it is none. */
export function parseProcess(pid: number, line: string, { ticksPerSecond }: KernelUnits): Process {
  const stat = parseStat(line);
  if (!stat) throw new Error(`expected a line of /proc/${pid}/stat, found ${JSON.stringify(line)}`);
  const { field } = stat;
  const tickMs = 1000 / ticksPerSecond;
  return {
    pid,
    parent: field(4),
    session: field(6),
    start: field(22),
    ownMs: (field(14) + field(15)) * tickMs,
    waitedMs: (field(16) + field(17)) * tickMs,
    threads: field(20),
    isZombie: isZombie(stat),
  };
}

/** Whether the size of `/proc/<pid>/fd` is the number of open files, as since Linux 6.2: then the folder need not be listed. */
function hasCountAsSize(folder: string): boolean {
  try {
    // Listing our own open files opens one more: the folder itself.
    return Math.abs(readdirSync(folder).length - statSync(folder).size) <= 1;
  } catch {
    return false;
  }
}

function countBySize(folder: string): number | null {
  return orNull(() => statSync(folder).size);
}

function countByListing(folder: string): number | null {
  return orNull(() => namesIn(folder, MOST_LISTED)?.length ?? null);
}

/** Reads a value of a process: 0 if the process has ended, null if the value may not be read, or takes too long. */
function orNull(read: () => number | null): number | null {
  try {
    return read();
  } catch (error) {
    return hasEnded(error) ? 0 : null;
  }
}

function hasEnded(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}

async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let begun = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - begun < SLICE_MS) continue;
    await nextTurn();
    begun = performance.now();
  }
}
