import type { OomKills } from '../core/death/evidence.ts';
import type { Containment } from '../core/model/containment.ts';
import { type CgroupMounts, folderOfCgroup, parseCgroups, readCgroupMounts } from './kernel/cgroup.ts';
import { readMemoryCgroup, rereadAncestors, rereadMemoryCgroup } from './kernel/memory-cgroup.ts';
import { readText } from './kernel/text-file.ts';
import { readUnit } from './systemd/systemd-unit.ts';

/** What was read of a cgroup serves all its servers for this long: one tick polls many of them. */
const READING_LASTS_MS = 1_000;

/** Looks at where servers live, by a few reads of small files: about 0.1 ms for each cgroup. */
export class ContainmentReader {
  readonly #root: string;
  readonly #now: () => number;
  readonly #mounts: CgroupMounts;
  /** By the text of `/proc/<pid>/cgroup`, as of `#readAt`. */
  readonly #shared = new Map<string, Containment>();
  #readAt = Number.NEGATIVE_INFINITY;
  #machineKills: number | null = null;

  /** `now` gives Unix milliseconds; `root` stands before every path, for tests. */
  constructor(now: () => number, root = '') {
    this.#now = now;
    this.#root = root;
    this.#mounts = readCgroupMounts(`${root}/proc`);
  }

  /** Where the process of a living server is; null where that cannot be seen. */
  read(pid: number): Containment | null {
    const text = readText(`${this.#root}/proc/${pid}/cgroup`);
    if (text === null) return null;
    this.#forgetOld(this.#now());
    const known = this.#shared.get(text);
    if (known) return known;
    const cgroups = parseCgroups(text);
    const { systemd } = cgroups;
    const containment: Containment = {
      readAt: this.#readAt,
      cgroup: systemd,
      unit: systemd === null ? null : readUnit(this.#root, systemd),
      memory: readMemoryCgroup(this.#root, this.#mounts, cgroups),
      machineKills: this.#machineKills,
    };
    this.#shared.set(text, containment);
    return containment;
  }

  /** Reads the same counters after a death, and tells how they rose. */
  compare({ memory, machineKills }: Containment): OomKills {
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
  companions(pid: number, { cgroup }: Containment): number | null {
    const mount = this.#mounts.unified ?? this.#mounts.memory;
    const folder = mount && cgroup !== null ? folderOfCgroup(mount, cgroup) : null;
    const text = folder === null ? null : readText(`${this.#root}${folder}/cgroup.procs`);
    return text === null ? null : text.split('\n').filter((line) => line !== '' && line !== String(pid)).length;
  }

  #forgetOld(now: number): void {
    if (now >= this.#readAt && now - this.#readAt < READING_LASTS_MS) return;
    this.#readAt = now;
    this.#shared.clear();
    this.#machineKills = readMachineKills(this.#root);
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
