import { textOfPath } from '../../core/byte-path.ts';
import { readBytes } from './text-file.ts';

/** State of a connection in `/proc/net/unix` that the server has not accepted yet (`SS_CONNECTING`). It has no inode. */
const CONNECTING = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ 02 +0(?: |$)/;

/** Flag of a listening socket in `/proc/net/unix` (`__SO_ACCEPTCON`). */
const ACCEPTS_CONNECTIONS = 0x10000;

/** A listening socket, as the kernel lists it. */
export interface ListeningSocket {
  /** The path it was bound to, literally; the file there may have been deleted or replaced. A name that begins with `@` may be abstract: then it is no path. */
  readonly path: string;
  /** Inode of the socket itself, not of its file. It identifies the process that holds the socket. */
  readonly inode: string;
}

/** Maximum size of the list: some 100,000 sockets. Any user can open more, and each takes time to list. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Lists the listening sockets of our own network namespace; null if the list cannot be read, or is too long. */
export function listeningSockets(root: string): readonly ListeningSocket[] | null {
  const listed = readListening(root);
  return listed === 'too long' ? null : listed;
}

/** Lists the paths of the listening sockets; null if the list cannot be read, and `too long` if it was not read to its end. */
export function listeningPaths(root: string): ReadonlySet<string> | 'too long' | null {
  const listed = readListening(root);
  return listed === null || listed === 'too long'
    ? listed
    : new Set(listed.map(({ path }) => path).filter((path) => !mayBeAbstract(path)));
}

/** Whether a listed name may be one without a file: the kernel shows `@` for the NUL in front of it, and a relative path can begin so, too. */
export function mayBeAbstract(path: string): boolean {
  return path.startsWith('@');
}

function readListening(root: string): readonly ListeningSocket[] | 'too long' | null {
  const table = readTable(root);
  return table === null || table === 'too long' ? table : parseListening(table);
}

function readTable(root: string): Buffer | 'too long' | null {
  const table = readBytes(`${root}/net/unix`, MOST_BYTES + 1);
  return table !== null && table.length > MOST_BYTES ? 'too long' : table;
}

/** Counts the connections that no server has accepted yet; null if the list cannot be read, or is too long. */
export function pendingConnections(root: string): number | null {
  const table = readTable(root);
  if (table === null || table === 'too long') return null;
  return table
    .toString('latin1')
    .split(ENTRY)
    .filter((entry) => CONNECTING.test(entry)).length;
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

const FIELDS = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ +(\d+) (.+)$/s;
