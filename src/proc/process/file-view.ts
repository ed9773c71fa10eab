import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readLink } from '../kernel/text-file.ts';

/** What decides which files a process sees: its mount namespace, and its root folder. Null for what cannot be read. */
function fileViewOf(root: string, process: number | 'self'): readonly (string | null)[] {
  const top = `${root}/${process}/root`;
  return [readLink(`${root}/${process}/ns/mnt`), readLink(top), folderKey(top)];
}

function folderKey(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** Whether a path means the same file to a process as to us: `unknown` if its mount namespace or its root folder cannot be read. */
export function sharesFiles(root: string, pid: number): boolean | 'unknown' {
  const ours = fileViewOf(root, 'self');
  const shared = fileViewOf(root, pid).map((part, index) => (part === null ? null : part === ours[index]));
  if (shared.includes(false)) return false;
  return shared.includes(null) ? 'unknown' : true;
}

/** Whether a process is known to see other files than we do: it lives in another mount namespace, as in a container, or in a chroot. */
export function isElsewhere(root: string, pid: number): boolean {
  return sharesFiles(root, pid) === false;
}

/** The path by which we reach a file that a process calls `path`: through `/proc/<pid>` if it sees other files than we do. A relative path is one in its working folder. */
export function reachablePath(root: string, pid: number, path: string): string {
  const isAbsolute = path.startsWith('/');
  if (isElsewhere(root, pid)) return isAbsolute ? `${root}/${pid}/root${path}` : `${root}/${pid}/cwd/${path}`;
  return isAbsolute ? path : resolve(readLink(`${root}/${pid}/cwd`) ?? '/', path);
}

/** Whether a process shares our network namespace. An unreadable one counts as shared. */
export function sharesNetwork(root: string, pid: number): boolean {
  const theirs = readLink(`${root}/${pid}/ns/net`);
  return theirs === null || theirs === readLink(`${root}/self/ns/net`);
}
