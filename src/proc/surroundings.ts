import type { OomKills } from '../core/cause-evidence.ts';
import type { Surroundings } from '../core/surroundings.ts';
import { type CgroupMounts, folderOfCgroup, readCgroupMounts, readCgroups } from './cgroup.ts';
import { readMemoryCgroup, rereadAncestors, rereadMemoryCgroup } from './memory-cgroup.ts';
import { readUnit } from './systemd-unit.ts';
import { readText } from './text-file.ts';

/** The count of the whole machine costs as much to read as all else together, and one look at many servers needs it once. */
const MACHINE_COUNT_LASTS_MS = 1_000;

/** Looks at where servers live, by a few reads of small files: about 0.1 ms each. */
export class SurroundingsReader {
  readonly #root: string;
  readonly #now: () => number;
  readonly #mounts: CgroupMounts;
  #machine: { readonly readAt: number; readonly kills: number | null } | null = null;

  /** `now` gives Unix milliseconds; `root` stands before every path, for tests. */
  constructor(now: () => number, root = '') {
    this.#now = now;
    this.#root = root;
    this.#mounts = readCgroupMounts(`${root}/proc`);
  }

  /** Where the process of a living server is; null where that cannot be seen. */
  read(pid: number): Surroundings | null {
    const cgroups = readCgroups(`${this.#root}/proc`, pid);
    if (!cgroups) return null;
    const readAt = this.#now();
    const { systemd } = cgroups;
    return {
      readAt,
      cgroup: systemd,
      unit: systemd === null ? null : readUnit(this.#root, systemd),
      memory: readMemoryCgroup(this.#root, this.#mounts, cgroups),
      machineKills: this.#machineKills(readAt),
    };
  }

  /** Reads the same counters after a death, and tells how they rose. */
  compare({ memory, machineKills }: Surroundings): OomKills {
    const machine = rise(machineKills, readMachineKills(this.#root));
    if (!memory) return { cgroup: null, vanished: false, own: null, group: null, above: null, machine };
    const now = rereadMemoryCgroup(this.#root, this.#mounts, memory);
    const ancestor = now ? null : rereadAncestors(this.#root, this.#mounts, memory.above);
    const ancestorRise = rise(memory.above.find(({ cgroup }) => cgroup === ancestor?.cgroup)?.kills, ancestor?.kills);
    return {
      cgroup: memory.cgroup,
      vanished: now === null,
      own: rise(memory.kills, now?.kills),
      group: rise(memory.groupKills, now?.groupKills),
      above: ancestor && ancestorRise !== null ? { cgroup: ancestor.cgroup, kills: ancestorRise } : null,
      machine,
    };
  }

  /** How many other processes share the cgroup of a living server; null where that cannot be read. */
  companions(pid: number, { cgroup }: Surroundings): number | null {
    const mount = this.#mounts.unified ?? this.#mounts.memory;
    const folder = mount && cgroup !== null ? folderOfCgroup(mount, cgroup) : null;
    const text = folder === null ? null : readText(`${this.#root}${folder}/cgroup.procs`);
    return text === null ? null : text.split('\n').filter((line) => line !== '' && line !== String(pid)).length;
  }

  #machineKills(now: number): number | null {
    const { readAt, kills } = this.#machine ?? { readAt: Number.NEGATIVE_INFINITY, kills: null };
    if (now >= readAt && now - readAt < MACHINE_COUNT_LASTS_MS) return kills;
    const machine = { readAt: now, kills: readMachineKills(this.#root) };
    this.#machine = machine;
    return machine.kills;
  }
}

/** OOM kills on the machine since boot, of every cgroup (`/proc/vmstat`, Linux 4.13). */
function readMachineKills(root: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(readText(`${root}/proc/vmstat`) ?? '')?.[1];
  return count === undefined ? null : Number(count);
}

/** A count that fell was made anew, and tells nothing. */
function rise(before: number | null | undefined, after: number | null | undefined): number | null {
  if (typeof before !== 'number' || typeof after !== 'number' || after < before) return null;
  return after - before;
}
