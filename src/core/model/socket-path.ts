import { byteLength } from '../text.ts';

/** `sun_path` of a Unix socket holds 108 bytes with the NUL that ends the path. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** The rule for the path of a socket, in words that follow "expected". */
export const SOCKET_RULE = `the absolute path of a socket, at most ${MAX_SOCKET_PATH_BYTES} bytes`;

/** Whether a path that a person gives can be that of a socket: it starts at the root, names no folder, is text, and can be connected to. */
export function isSocketPath(path: string): boolean {
  const isText = path.isWellFormed() && !path.includes('\0');
  return isText && path.startsWith('/') && !path.endsWith('/') && byteLength(path) <= MAX_SOCKET_PATH_BYTES;
}
