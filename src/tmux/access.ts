import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Identity } from './run-program.ts';

/** Whether, and as whom, a socket may be talked to. */
export type Access =
  | { readonly kind: 'granted'; readonly uid: number; readonly identity: Identity | null }
  /** There is nothing at the path, though there may have been a moment ago. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly message: string };

/** Our own user id; null where the platform has none. */
export type OwnUid = number | null;

/**
 * Decides whether a socket may be talked to: only as the user that owns it, and only in a folder of that user that nobody else may enter.
 *
 * A tmux server can make its client open, read and write files and run commands, so a client must never have more rights than the socket's owner.
 */
export async function socketAccess(socket: string, ownUid: OwnUid): Promise<Access> {
  try {
    const folder = dirname(await realpath(socket));
    const [{ uid, gid }, place] = await Promise.all([stat(socket), stat(folder)]);
    if (place.uid !== uid || (place.mode & 0o077) !== 0) {
      const mode = (place.mode & 0o777).toString(8).padStart(4, '0');
      return refused(
        `${folder} must belong to the owner of the socket (uid ${uid}) with mode 0700; found uid ${place.uid}, mode ${mode}: chmod 700 it, or move the socket`,
      );
    }
    if (ownUid === uid || ownUid === null) return { kind: 'granted', uid, identity: null };
    if (ownUid === 0) return { kind: 'granted', uid, identity: { uid, gid } };
    return refused(`${socket} belongs to uid ${uid}, we run as uid ${ownUid}: run an exporter as that user`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return refused(`${socket} cannot be examined: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refused(message: string): Access {
  return { kind: 'refused', message };
}
