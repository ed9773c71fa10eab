import type { OomKills } from '../core/death/evidence.ts';
import type { Containment } from '../core/model/containment.ts';
import { type CgroupMounts, folderOfCgroup, parseCgroups, readCgroupMounts } from './kernel/cgroup.ts';
import { readMemoryCgroup, rereadAncestors, rereadMemoryCgroup } from './kernel/memory-cgroup.ts';
import { readText } from './kernel/text-file.ts';
import { readUnit } from './systemd/systemd-unit.ts';

/** Lifetime of a cached reading: one tick polls many servers of the same cgroup. */
const READING_LASTS_MS = 1_000;

/** Reads the cgroup, unit and OOM counters of servers from a few small files: about 0.1 ms per cgroup. */
export class ContainmentReader {
  readonly #root: string;
  readonly #now: () => number;
  readonly #mounts: CgroupMounts;
  /** Keyed by the text of `/proc/<pid>/cgroup`; read at `#readAt`. */
  readonly #shared = new Map<string, Containment>();
  #readAt = Number.NEGATIVE_INFINITY;
  #machineKills: number | null = null;

  /** `now` gives Unix milliseconds; `root` is put before every path, for tests. */
  constructor(now: () => number, root = '') {
    this.#now = now;
    this.#root = root;
    this.#mounts = readCgroupMounts(`${root}/proc`);
  }

  /** Reads the containment of a living server's process; null if it cannot be read. */
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

  /** Reads the same counters after a death, and returns how much each has risen. */
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

  /** Counts the other processes in the cgroup of a living server; null if it cannot be read. */
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

/** OOM kills of the whole machine since boot (`/proc/vmstat`, Linux 4.13). */
function readMachineKills(root: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(readText(`${root}/proc/vmstat`) ?? '')?.[1];
  return count === undefined ? null : Number(count);
}

/** How much a count has risen; null if it fell, because it was then created anew. */
function rise(before: number | null | undefined, after: number | null | undefined): number | null {
  if (typeof before !== 'number' || typeof after !== 'number' || after < before) return null;
  return after - before;
}
