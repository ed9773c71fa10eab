import { readFileSync } from 'node:fs';
import { textOfPath } from '../../core/byte-path.ts';

/** Flag of a listening socket in `/proc/net/unix` (`__SO_ACCEPTCON`). */
const ACCEPTS_CONNECTIONS = 0x10000;

/** A listening socket, as the kernel lists it. */
export interface ListeningSocket {
  /** The path it was bound to, literally; the file there may have been deleted or replaced. */
  readonly path: string;
  /** Inode of the socket itself, not of its file. It identifies the process that holds the socket. */
  readonly inode: string;
}

/** Lists the listening sockets of our own network namespace; null if the list cannot be read. */
export function listeningSockets(root: string): readonly ListeningSocket[] | null {
  try {
    return parseListening(readFileSync(`${root}/net/unix`));
  } catch {
    return null;
  }
}

/** Lists the paths of the listening sockets; null if the list cannot be read. */
export function listeningPaths(root: string): ReadonlySet<string> | null {
  const sockets = listeningSockets(root);
  return sockets && new Set(sockets.map(({ path }) => path));
}

/** Parses `/proc/net/unix`: `Num RefCount Protocol Flags Type St Inode Path`. The path is the rest of the line, and goes on in the next lines if it has newlines. Bytes that are not UTF-8 are escaped. */
export function parseListening(table: Buffer): readonly ListeningSocket[] {
  return table
    .toString('latin1')
    .split(ENTRY)
    .flatMap((entry) => {
      const [, flags, inode, path] = FIELDS.exec(entry) ?? [];
      const listens = flags !== undefined && (Number.parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0;
      return listens && inode && path ? [{ path: textOfPath(Buffer.from(path, 'latin1')), inode }] : [];
    });
}

/** Where the next entry begins, or the text ends. */
const ENTRY = /\n(?=[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{4} [0-9A-F]{2} |$)/;

const FIELDS = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ +(\d+) ([^@].*)$/s;
