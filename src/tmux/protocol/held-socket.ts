import { type BigIntStats, closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { fileKey } from '../../core/file.ts';

/** Our own user id; null if the platform has none. */
export type OwnUid = number | null;

/** A socket that may be spoken to, or why not. */
export type Holding =
  | HeldSocket
  /** There is nothing at the path, though there may have been a moment ago. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'not_a_socket' }
  | { readonly kind: 'refused'; readonly message: string };

/** A socket that was checked and may be spoken to. */
export interface HeldSocket {
  readonly kind: 'held';
  /** The user that owns it. */
  readonly uid: number;
  /** What tells its file apart from all others. */
  readonly file: string;
  /** The path to connect to: on Linux it leads to the very socket that was checked, whatever happens to its name meanwhile. */
  readonly path: string;
  /** Lets go of the socket: `path` is of no use after that. Connections stay. */
  readonly release: () => void;
}

/** O_PATH of Linux: names a file without opening it, so that not even a FIFO can hold us up. */
const O_PATH = 0o10_000_000;

/**
 * Holds a socket and checks whether it may be spoken to: it has to be a socket and to belong to ourselves, or we have to be root.
 *
 * Where its folder lies, and who may write there, does not matter: nothing that a server orders is carried out, and what is
 * checked is what is connected to. Elsewhere than on Linux a file cannot be held; then only the owner and type are checked.
 */
export function holdSocket(socket: string, ownUid: OwnUid): Holding {
  try {
    return CAN_HOLD
      ? holdByDescriptor(socket, ownUid)
      : checked(socket, statSync(socket, BIG), ownUid, socket, () => {});
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    if (code === 'ENAMETOOLONG') return refused(`${socket} is no path: its name is too long`);
    return refused(`${socket} cannot be examined (${code ?? String(error)}): run an exporter as the user that owns it`);
  }
}

const CAN_HOLD = platform() === 'linux';

/** The number of an inode can be larger than a JavaScript number is exact. */
const BIG = { bigint: true } as const;

function holdByDescriptor(socket: string, ownUid: OwnUid): Holding {
  const descriptor = openSync(socket, O_PATH);
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
  return refused(`${socket} belongs to uid ${uid}, we run as uid ${ownUid}: run an exporter as that user`);
}

function refused(message: string): Holding {
  return { kind: 'refused', message };
}
