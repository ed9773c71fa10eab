import { readFileSync } from 'node:fs';

/** Flag of a listening socket in `/proc/net/unix` (`__SO_ACCEPTCON`). */
const ACCEPTS_CONNECTIONS = 0x10000;

/** A listening socket, as the kernel lists it. */
export interface ListeningSocket {
  /** Path to which it was bound, as it was given; its file may have been deleted, or be another's by now. */
  readonly path: string;
  /** Inode of the socket itself, not of its file: by it the process that holds the socket is found. */
  readonly inode: string;
}

/** The sockets that the kernel lists as listening; null where it cannot be asked. Only of our own network namespace. */
export function listeningSockets(root: string): readonly ListeningSocket[] | null {
  try {
    return parseListening(readFileSync(`${root}/net/unix`, 'utf8'));
  } catch {
    return null;
  }
}

/** The paths that the kernel lists as listening; null where it cannot be asked. */
export function listeningPaths(root: string): ReadonlySet<string> | null {
  const sockets = listeningSockets(root);
  return sockets && new Set(sockets.map(({ path }) => path));
}

/** Reads the text of `/proc/net/unix`: `Num RefCount Protocol Flags Type St Inode Path`, a path being all the rest of a line. */
export function parseListening(text: string): readonly ListeningSocket[] {
  return text.split('\n').flatMap((line) => {
    const [, flags, inode, path] = LINE.exec(line) ?? [];
    const listens = flags !== undefined && (Number.parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0;
    return listens && inode && path ? [{ path, inode }] : [];
  });
}

const LINE = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ +(\d+) ([^@].*)$/;
