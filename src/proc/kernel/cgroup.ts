import { readText } from './text-file.ts';

/** The cgroups of one process that matter to us, as paths within their hierarchies. */
export interface CgroupPaths {
  /** In the hierarchy that systemd keeps its units in; null where there is none. */
  readonly systemd: string | null;
  /** In the hierarchy that memory is charged in; null where there is none. */
  readonly memory: { readonly version: 1 | 2; readonly path: string } | null;
}

/** A mounted hierarchy: which part of it, and where. */
export interface CgroupMount {
  /** Path, within the hierarchy, of what is mounted: not `/` in many containers. */
  readonly root: string;
  readonly mountPoint: string;
}

/** The mounted hierarchies that can tell of memory. */
export interface CgroupMounts {
  /** cgroup v2. */
  readonly unified: CgroupMount | null;
  /** The memory controller of cgroup v1. */
  readonly memory: CgroupMount | null;
}

/**
 * Reads the text of `/proc/<pid>/cgroup`, lines `id:controllers:path` (cgroups(7)). Memory is charged in v1 where its
 * controller is mounted there, also beside v2 (hybrid); systemd's own hierarchy is v2, or `name=systemd` of v1.
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

/** Reads the text of `/proc/<pid>/mountinfo` (proc(5)): `id parent device root mount-point options … - type source super-options`. */
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

/** Where the folder of a cgroup lies; null where what is mounted does not hold it. */
export function folderOfCgroup({ root, mountPoint }: CgroupMount, path: string): string | null {
  // A path that leaves our cgroup namespace begins with `/..`: what it means here depends on where we are.
  if (path.split('/').includes('..')) return null;
  if (root === '/') return path === '/' ? mountPoint : mountPoint + path;
  if (path === root) return mountPoint;
  return path.startsWith(`${root}/`) ? mountPoint + path.slice(root.length) : null;
}

/** The cgroup above; null above the root. */
export function parentCgroup(path: string): string | null {
  if (path === '/') return null;
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** The kernel writes a space, a tab, a newline and a backslash in octal there. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
