import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { systemPath } from '../core/byte-path.ts';
import { fileKey } from '../core/file.ts';
import { MAX_SOCKET_PATH_BYTES } from '../core/model/socket-path.ts';

/** The longest path on Linux (PATH_MAX). */
const MAX_PATH_BYTES = 4096;

/** The longest chain of links, as in the kernel. */
const MAX_LINKS = 40;

/**
 * The canonical path of a socket, with links, `//`, `/./`, `/../`, a trailing slash and `/proc/self/root` resolved. If the socket
 * does not exist yet, the longest existing part is resolved. The path stays as it is if the result is too long for `connect`, or if
 * it leads through a process that is in a chroot.
 */
export function canonicalSocketPath(path: string): string {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return path;
  const canonical = resolved(path, MAX_LINKS);
  return Buffer.byteLength(canonical) > MAX_SOCKET_PATH_BYTES || isOnlyTheirs(path, canonical) ? path : canonical;
}

/** A path through another process: in its root folder, or in its working folder. */
const THROUGH_PROCESS = /^\/proc\/\d+\/(?:root(?<inside>\/.*)|cwd\/.*)$/s;

/** Whether a path through a process leads to a file that the process calls otherwise than we do, as in a chroot. Resolved, the path would hide that the process is kept apart from our files. */
function isOnlyTheirs(path: string, canonical: string): boolean {
  const through = THROUGH_PROCESS.exec(path);
  if (through === null || canonical.startsWith('/proc/')) return false;
  const inside = through.groups?.['inside'];
  return inside === undefined || canonicalSocketPath(inside) !== canonical;
}

/** The key of the socket file at a path, see `fileKey`; null if there is no socket. */
export function socketFileKey(path: string): string | null {
  try {
    const found = statSync(systemPath(path), { bigint: true });
    return found.isSocket() ? fileKey(found) : null;
  } catch {
    return null;
  }
}

function resolved(path: string, links: number): string {
  if (dirname(path) === path) return path;
  const real = attempt(() => realpathSync.native(path));
  // A resolved path through /proc/<pid>/root into another mount namespace looks like a path of our own.
  if (real !== null) return isSameFile(path, real) ? real : tidied(path);
  const folder = resolved(dirname(path), links);
  const whole = normalize(join(folder, basename(path)));
  const target = links > 0 ? attempt(() => readlinkSync(whole)) : null;
  return target === null ? whole : resolved(resolve(folder, target), links - 1);
}

/** The path with `//`, `/./` and `/../` resolved by its text only, unless that leads to another file. */
function tidied(path: string): string {
  const text = normalize(path).replace(/(?<=.)\/$/, '');
  return isSameFile(path, text) ? text : path;
}

function isSameFile(a: string, b: string): boolean {
  return attempt(() => fileKey(statSync(a, { bigint: true })) === fileKey(statSync(b, { bigint: true }))) ?? false;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
