import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { fileKey } from '../core/file.ts';

/** `sun_path` of a Unix socket holds 108 bytes with the NUL that ends the path. */
const MAX_SOCKET_PATH_BYTES = 107;

/** No path of Linux is longer (PATH_MAX). */
const MAX_PATH_BYTES = 4096;

/** A link to a link, and so on: no deeper, as in the kernel. */
const MAX_LINKS = 40;

/**
 * The one path of a socket, whatever path leads to it: links, `//`, `/./`, `/../`, a trailing slash and `/proc/self/root` resolved.
 * Of a socket that does not exist yet, the longest part that does is resolved. A path that is too long to be connected to stays.
 */
export function canonicalSocketPath(path: string): string {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return path;
  const canonical = resolved(path, MAX_LINKS);
  return Buffer.byteLength(canonical) > MAX_SOCKET_PATH_BYTES ? path : canonical;
}

/** What tells the file of a socket apart from all others on this machine; null if there is no socket at the path. */
export function socketFileKey(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true });
    return found.isSocket() ? fileKey(found) : null;
  } catch {
    return null;
  }
}

function resolved(path: string, links: number): string {
  if (dirname(path) === path) return path;
  const real = attempt(() => realpathSync.native(path));
  // A path through /proc/<pid>/root that leads into another mount namespace reads like one of ours.
  if (real !== null) return isSameFile(path, real) ? real : tidied(path);
  const folder = resolved(dirname(path), links);
  const whole = normalize(join(folder, basename(path)));
  const target = links > 0 ? attempt(() => readlinkSync(whole)) : null;
  return target === null ? whole : resolved(resolve(folder, target), links - 1);
}

/** `//`, `/./` and `/../` resolved by the text alone, unless that leads to another file. */
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
