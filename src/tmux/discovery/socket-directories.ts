import { realpathSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const DIRECTORY = /^tmux-(\d+)$/;

/** The directory in which tmux keeps the sockets of a user: `tmux-<uid>` in the first of `$TMUX_TMPDIR` and `/tmp` that exists, links resolved (make_label in tmux.c). */
export function ownSocketDirectory(tmuxTmpdir: string | undefined, uid: number | null): string {
  const parent = resolvedFolder(tmuxTmpdir || '/tmp') ?? resolvedFolder('/tmp') ?? '/tmp';
  return join(parent, `tmux-${uid ?? 0}`);
}

function resolvedFolder(path: string): string | null {
  try {
    // The other one resolves `..` by its text first.
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

/** The socket directory of a user. */
export interface UserDirectory {
  readonly path: string;
  /** The user that it belongs to. */
  readonly uid: number;
}

/** The socket directories of all users that lie beside one's own. */
export async function allSocketDirectories(ownDirectory: string): Promise<UserDirectory[]> {
  const parent = dirname(ownDirectory);
  const names = await readdir(parent).catch(() => []);
  const found = await Promise.all(names.map((name) => userDirectory(parent, name)));
  return found.filter((directory) => directory !== null);
}

/** Anybody can make a folder in /tmp that is named after somebody else, or make the own one a link: tmux takes no link either. */
async function userDirectory(parent: string, name: string): Promise<UserDirectory | null> {
  const [, uid] = DIRECTORY.exec(name) ?? [];
  if (uid === undefined) return null;
  const path = join(parent, name);
  const found = await lstat(path).catch(() => null);
  return found?.isDirectory() && found.uid === Number(uid) ? { path, uid: found.uid } : null;
}
