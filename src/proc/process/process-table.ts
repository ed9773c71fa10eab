import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { byAge, type Process, type ProcessTable } from '../../core/process/process.ts';
import type { Holdings } from '../../core/process/process-usage.ts';
import type { KernelUnits } from '../kernel/kernel-units.ts';
import { isZombie, parseStat } from './process-stat.ts';

/** How long a pass may hold the event loop before everything else has its turn. */
const SLICE_MS = 3;

/** A line of `/proc/<pid>/stat` is some 350 bytes; the fields that count stand in the first half of it. */
const LINE_BYTES = 1024;

/** Reads all processes of /proc, each by one small file. */
export class ProcessTableReader {
  readonly #root: string;
  readonly #units: KernelUnits;
  readonly #line = Buffer.allocUnsafeSlow(LINE_BYTES);
  readonly #countFiles: (folder: string) => number | null;
  /** As of the last pass, the oldest first. */
  #known: readonly number[] = [];

  constructor(units: KernelUnits, root = '/proc') {
    this.#root = root;
    this.#units = units;
    this.#countFiles = tellsCount(`${root}/self/fd`) ? countBySize : countByListing;
  }

  /** Makes one pass. It rejects where it cannot be completed: with half of the processes nothing is to be counted. */
  async read(): Promise<ProcessTable> {
    const begunAt = this.#now();
    // Listed before any is read: who is not in the list has ended before, and whoever waited for him shows it.
    const listed = new Set((await readdir(this.#root)).map(Number).filter(Number.isInteger));
    const found: Process[] = [];
    const endedMeanwhile = new Set<number>();
    await inSlices(this.#inOrder(listed), (pid) => {
      const process = this.#readOne(pid);
      if (process === 'ended') endedMeanwhile.add(pid);
      else if (process) found.push(process);
    });
    await nextTurn();
    found.sort(byAge);
    this.#known = found.map(({ pid }) => pid);
    return { begunAt, processes: new Map(found.map((process) => [process.pid, process])), endedMeanwhile };
  }

  /** Reads what some processes have, by pid: nothing of one that has ended since. */
  async readHoldings(processes: Iterable<Process>): Promise<ReadonlyMap<number, Holdings>> {
    const holdings = new Map<number, Holdings>();
    await inSlices(processes, ({ pid, isZombie }) => {
      if (!isZombie) holdings.set(pid, this.#holdingsOf(`${this.#root}/${pid}`));
    });
    return holdings;
  }

  /** The memory that `stat` tells is off by what each CPU has not told yet (proc_pid_stat(5)); `statm` is exact. */
  #holdingsOf(folder: string): Holdings {
    const pages = orNull(() => Number(this.#readLine(`${folder}/statm`).split(' ', 2)[1]));
    return { residentBytes: pages && pages * this.#units.pageBytes, openFiles: this.#countFiles(`${folder}/fd`) };
  }

  /** Parents before their children, so that no child is seen to live that its parent has already been seen to have waited for. */
  #inOrder(listed: ReadonlySet<number>): number[] {
    const known = this.#known.filter((pid) => listed.has(pid));
    const isKnown = new Set(known);
    return [...known, ...[...listed].filter((pid) => !isKnown.has(pid)).sort((a, b) => a - b)];
  }

  /** Null where it is hidden from us (`hidepid`). */
  #readOne(pid: number): Process | 'ended' | null {
    try {
      return parseProcess(pid, this.#readLine(`${this.#root}/${pid}/stat`), this.#units);
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

/** Reads a process off a line of `/proc/<pid>/stat`. Throws where it is none. */
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

/** From Linux 6.2 on the size of the folder is the number of open files, which spares the listing. */
function tellsCount(folder: string): boolean {
  try {
    // Whoever lists his own files has the folder itself open.
    return Math.abs(readdirSync(folder).length - statSync(folder).size) <= 1;
  } catch {
    return false;
  }
}

function countBySize(folder: string): number | null {
  return orNull(() => statSync(folder).size);
}

function countByListing(folder: string): number | null {
  return orNull(() => readdirSync(folder).length);
}

/** What was read of a process: 0 where it has ended, null where it may not be read. */
function orNull(read: () => number): number | null {
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
