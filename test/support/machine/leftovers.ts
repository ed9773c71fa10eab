import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that should have ended. */
export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

const PATIENCE_MS = 5_000;

/** The processes that have one of the folders in their command line or environment and do not end within five seconds; none if there is no /proc. */
export async function leftoversOf(...folders: readonly string[]): Promise<Leftover[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = processesIn(folders);
    if (found.length === 0 || performance.now() > deadline) return found;
    await delay(100);
  }
}

/** The processes that have one of the folders in their command line or environment now. */
export function processesIn(folders: readonly string[]): Leftover[] {
  return pids()
    .filter((pid) => pid !== process.pid && !isOurWorker(pid))
    .filter((pid) => mentions(`${read(pid, 'cmdline')}\0${read(pid, 'environ')}`, folders))
    .map((pid) => ({ pid, command: read(pid, 'cmdline').split('\0').join(' ').trim() }))
    .filter(({ command }) => command !== '');
}

function mentions(text: string, folders: readonly string[]): boolean {
  return folders.some((folder) => text.includes(folder));
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The runner ends its workers after this. */
function isOurWorker(pid: number): boolean {
  return read(pid, 'cmdline').includes('jest-worker');
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
