import { readText } from './text-file.ts';

/** The two cgroups of a process that we read, as paths within their hierarchies. */
export interface CgroupPaths {
  /** In the hierarchy of systemd's units; null if there is none. */
  readonly systemd: string | null;
  /** In the hierarchy that memory is charged to; null if there is none. */
  readonly memory: { readonly version: 1 | 2; readonly path: string } | null;
}

/** A mounted cgroup hierarchy, or a part of one. */
export interface CgroupMount {
  /** Path of the mounted part within the hierarchy: not `/` in many containers. */
  readonly root: string;
  readonly mountPoint: string;
}

/** The mounted hierarchies with memory counters. */
export interface CgroupMounts {
  /** cgroup v2. */
  readonly unified: CgroupMount | null;
  /** The memory controller of cgroup v1. */
  readonly memory: CgroupMount | null;
}

/**
 * Parses `/proc/<pid>/cgroup`, lines `id:controllers:path` (cgroups(7)). Memory is charged in v1 if its controller
 * is mounted there, even beside v2 (hybrid). systemd's own hierarchy is v2, or `name=systemd` of v1.
 */
export function parseCgroups(text: string): CgroupPaths {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers !== undefined && path !== undefined) {
      for (const controller of controllers.split(',')) paths.set(controller, path);
    }
  }
  const [unified, memory] = [paths.get(''), paths.get('memory')];
  const named = paths.get('name=systemd');
  return {
    systemd: unified === undefined || unified === '/' ? (named ?? unified ?? null) : unified,
    memory:
      memory !== undefined
        ? { version: 1, path: memory }
        : unified !== undefined
          ? { version: 2, path: unified }
          : null,
  };
}

/** Finds the mounted hierarchies in `<proc>/self/mountinfo`. */
export function readCgroupMounts(proc: string): CgroupMounts {
  return parseCgroupMounts(readText(`${proc}/self/mountinfo`) ?? '');
}

/** Parses `/proc/<pid>/mountinfo` (proc(5)): `id parent device root mount-point options … - type source super-options`. */
export function parseCgroupMounts(text: string): CgroupMounts {
  let unified: CgroupMount | null = null;
  let memory: CgroupMount | null = null;
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ', 2);
    const [, , , root = '/', mountPoint = ''] = before.split(' ').map(unescaped);
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') unified ??= { root, mountPoint };
    if (type === 'cgroup' && options.split(',').includes('memory')) memory ??= { root, mountPoint };
  }
  return { unified, memory };
}

/** The folder of a cgroup; null if the mounted part does not contain it. */
export function folderOfCgroup({ root, mountPoint }: CgroupMount, path: string): string | null {
  // A path out of our cgroup namespace begins with `/..`; its meaning depends on our own cgroup.
  if (path.split('/').includes('..')) return null;
  if (root === '/') return path === '/' ? mountPoint : mountPoint + path;
  if (path === root) return mountPoint;
  return path.startsWith(`${root}/`) ? mountPoint + path.slice(root.length) : null;
}

/** The parent of a cgroup; null for the root. */
export function parentCgroup(path: string): string | null {
  if (path === '/') return null;
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Decodes a field: the kernel writes space, tab, newline and backslash in octal. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
