import { type BigIntStats, closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { systemPath } from '../../core/byte-path.ts';
import { fileKey } from '../../core/file.ts';

/** Our own user id; null if the platform has none. */
export type OwnUid = number | null;

/** A socket that we may connect to, or the reason why we may not. */
export type Holding =
  | HeldSocket
  /** Nothing exists at the path, though something may have existed a moment ago. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'not_a_socket' }
  | { readonly kind: 'refused'; readonly message: string }
  /** It belongs to another user than the one that was expected. */
  | { readonly kind: 'foreign'; readonly message: string }
  /** The exporter or the machine has no file descriptor left, which says nothing about the socket. */
  | { readonly kind: 'exhausted'; readonly message: string };

/** A socket that was checked and that we may connect to. */
export interface HeldSocket {
  readonly kind: 'held';
  /** The user that owns it. */
  readonly uid: number;
  /** Key that identifies the socket file. */
  readonly file: string;
  /** The path to connect to. On Linux it always leads to the very socket that was checked, even if that is renamed or replaced. */
  readonly path: string;
  /** Releases the socket: `path` is invalid afterwards. Open connections stay open. */
  readonly release: () => void;
}

/** O_PATH of Linux: refers to a file without opening it, so even a FIFO cannot block us. */
const O_PATH = 0o10_000_000;

/**
 * Holds a socket and checks whether we may connect to it: it must be a socket and belong to our user, or we must be root. If an
 * `owner` is given, it must belong to that user: a path can be made a link to the socket of another one.
 *
 * Its folder and the permissions of that do not matter: the client obeys no order of the server, and it connects to exactly
 * the socket that was checked. Other systems than Linux cannot hold a file; there only the owner and type are checked.
 */
export function holdSocket(socket: string, ownUid: OwnUid, owner: number | null = null): Holding {
  try {
    const holding = CAN_HOLD
      ? holdByDescriptor(socket, ownUid)
      : checked(socket, statSync(systemPath(socket), BIG), ownUid, socket, () => {});
    return holding.kind === 'held' && owner !== null ? ownedBy(owner, socket, holding) : holding;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    if (code === 'EMFILE' || code === 'ENFILE')
      return {
        kind: 'exhausted',
        message: `servers cannot be polled (${code}): no file descriptor is left; raise the limit of open files (ulimit -n, LimitNOFILE=)`,
      };
    if (code === 'ENAMETOOLONG') return refused(`${socket} is no valid path: its name is too long`);
    return refused(`${socket} cannot be examined (${code ?? String(error)}): run an exporter as the user that owns it`);
  }
}

const CAN_HOLD = platform() === 'linux';

/** Inode numbers can exceed the exact integers of JavaScript. */
const BIG = { bigint: true } as const;

function holdByDescriptor(socket: string, ownUid: OwnUid): Holding {
  const descriptor = openSync(systemPath(socket), O_PATH);
  const release = () => closeSync(descriptor);
  const held = checked(socket, fstatSync(descriptor, BIG), ownUid, `/proc/self/fd/${descriptor}`, release);
  if (held.kind !== 'held') release();
  return held;
}

function checked(socket: string, found: BigIntStats, ownUid: OwnUid, path: string, release: () => void): Holding {
  if (!found.isSocket()) return { kind: 'not_a_socket' };
  const uid = Number(found.uid);
  if (ownUid === uid || ownUid === null || ownUid === 0)
    return { kind: 'held', uid, file: fileKey(found), path, release };
  return refused(`${socket} belongs to uid ${uid}, this exporter runs as uid ${ownUid}: run an exporter as that user`);
}

function ownedBy(owner: number, socket: string, held: HeldSocket): Holding {
  if (held.uid === owner) return held;
  held.release();
  const message = `${socket} leads to a socket of uid ${held.uid} now, but it was found as one of uid ${owner}: it was replaced, or made a link. It is used only if the configuration names it (servers)`;
  return { kind: 'foreign', message };
}

function refused(message: string): Holding {
  return { kind: 'refused', message };
}
