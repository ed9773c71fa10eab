import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { ended, processLife, signal } from './process-life.ts';

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';
const LIMIT_BYTES = 64 * 1024 * 1024;

/** A memory cgroup of the test's own, with a limit of 64 MiB and no swap: nothing outside of it is affected by what runs out of memory in it. */
export class TestMemoryCgroup {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates one; null if that is not allowed, or if the machine is set to panic when a cgroup runs out of memory. */
  static create(): TestMemoryCgroup | null {
    if (readOrEmpty('/proc/sys/vm/panic_on_oom').trim() !== '0') return null;
    const isV1 = existsSync(`${V1}/memory.limit_in_bytes`);
    const folder = `${isV1 ? V1 : V2}/tmux-exporter-test-${process.pid}-${process.hrtime.bigint()}`;
    try {
      mkdirSync(folder);
    } catch {
      return null;
    }
    const cgroup = new TestMemoryCgroup(folder);
    if (cgroup.#limit(isV1)) return cgroup;
    rmdirSync(folder);
    return null;
  }

  /** Moves a process there; the children that it has from then on are born there. */
  add(pid: number): void {
    writeFileSync(`${this.#folder}/cgroup.procs`, String(pid));
  }

  /** Processes of it that the OOM killer has killed. */
  get kills(): number {
    const text = readOrEmpty(`${this.#folder}/memory.oom_control`) + readOrEmpty(`${this.#folder}/memory.events`);
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1]);
  }

  /** Ends what runs in it and removes it. */
  async remove(): Promise<void> {
    for (const life of this.#pids().map(processLife)) {
      signal(life, 'SIGKILL');
      await ended(life);
    }
    await eventually(`the removal of ${this.#folder}`, () => {
      try {
        rmdirSync(this.#folder);
        return true;
      } catch {
        return !existsSync(this.#folder);
      }
    });
  }

  #limit(isV1: boolean): boolean {
    const isLimited = this.#set(isV1 ? 'memory.limit_in_bytes' : 'memory.max', LIMIT_BYTES);
    // Where there is no accounting of swap, these files are missing.
    this.#set(isV1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max', isV1 ? LIMIT_BYTES : 0);
    return isLimited;
  }

  #set(name: string, value: number): boolean {
    try {
      writeFileSync(`${this.#folder}/${name}`, String(value), { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }

  #pids(): number[] {
    return readOrEmpty(`${this.#folder}/cgroup.procs`).split('\n').filter(Boolean).map(Number);
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
