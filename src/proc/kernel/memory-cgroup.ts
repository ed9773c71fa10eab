import { statSync } from 'node:fs';
import type { MemoryCgroup, OomCount } from '../../core/model/containment.ts';
import { type CgroupMounts, type CgroupPaths, folderOfCgroup, parentCgroup } from './cgroup.ts';
import { readText } from './text-file.ts';

/** The deepest cgroup whose counters are read. Containers within containers have some 15 levels above them; a user can nest thousands. */
const MOST_LEVELS = 64;

/** Reads the OOM counters of the cgroup that a process's memory is charged to; null if there is none, or more than {@link MOST_LEVELS} levels lead to it. `root` is put before every path. */
export function readMemoryCgroup(root: string, mounts: CgroupMounts, { memory }: CgroupPaths): MemoryCgroup | null {
  if (!memory || levelsOf(memory.path) > MOST_LEVELS) return null;
  if (memory.version === 1) return readCgroup(root, mounts, 1, memory.path);
  // Without the memory controller, a cgroup's memory is charged to the nearest ancestor that has it.
  for (let path: string | null = memory.path; path !== null; path = parentCgroup(path)) {
    const found = readCgroup(root, mounts, 2, path);
    if (found && found.kills !== null) return found;
  }
  return null;
}

/** Reads the same cgroup again; null if it is gone, or was replaced by another one. */
export function rereadMemoryCgroup(root: string, mounts: CgroupMounts, before: MemoryCgroup): MemoryCgroup | null {
  const now = readCgroup(root, mounts, before.version, before.cgroup);
  return now?.inode === before.inode ? now : null;
}

/** Reads the OOM kills below the first of `cgroups` that still exists. */
export function rereadAncestors(root: string, mounts: CgroupMounts, cgroups: readonly OomCount[]): OomCount | null {
  for (const { cgroup } of cgroups) {
    const count = readAncestor(root, mounts, cgroup);
    if (count) return count;
  }
  return null;
}

function levelsOf(cgroup: string): number {
  return cgroup.split('/').length - 1;
}

function readCgroup(root: string, mounts: CgroupMounts, version: 1 | 2, cgroup: string): MemoryCgroup | null {
  const mount = version === 1 ? mounts.memory : mounts.unified;
  const place = mount && folderOfCgroup(mount, cgroup);
  if (place === null) return null;
  const folder = root + place;
  const inode = inodeOf(folder);
  if (inode === null) return null;
  const counts = version === 1 ? readCounts(`${folder}/memory.oom_control`) : ownCounts(folder);
  return {
    version,
    cgroup,
    inode,
    kills: counts?.get('oom_kill') ?? null,
    groupKills: counts?.get('oom_group_kill') ?? null,
    above: version === 1 ? [] : ancestorsOf(root, mounts, cgroup),
  };
}

/** Reads a cgroup's own counters: `memory.events.local` (Linux 5.2). `memory.events` also counts the cgroups below it. */
function ownCounts(folder: string): ReadonlyMap<string, number> | null {
  return readCounts(`${folder}/memory.events.local`) ?? readCounts(`${folder}/memory.events`);
}

function ancestorsOf(root: string, mounts: CgroupMounts, cgroup: string): OomCount[] {
  const counts: OomCount[] = [];
  for (let path = parentCgroup(cgroup); path !== null; path = parentCgroup(path)) {
    const count = readAncestor(root, mounts, path);
    if (count) counts.push(count);
  }
  return counts;
}

function readAncestor(root: string, mounts: CgroupMounts, cgroup: string): OomCount | null {
  const folder = mounts.unified && folderOfCgroup(mounts.unified, cgroup);
  const kills = folder === null ? undefined : readCounts(`${root}${folder}/memory.events`)?.get('oom_kill');
  return kills === undefined ? null : { cgroup, kills };
}

/** Parses a file of lines `name count`. */
function readCounts(path: string): ReadonlyMap<string, number> | null {
  const text = readText(path);
  if (text === null) return null;
  return new Map([...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)]));
}

function inodeOf(folder: string): number | null {
  try {
    return statSync(folder).ino;
  } catch {
    return null;
  }
}
