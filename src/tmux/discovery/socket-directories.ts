import { realpathSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nameOfSocket } from '../../core/model/name.ts';

const DIRECTORY = /^tmux-(\d+)$/;

/** The directory in which tmux keeps the sockets of a user: `tmux-<uid>` in the first of `$TMUX_TMPDIR` and `/tmp` that exists, links resolved (make_label in tmux.c). */
export function ownSocketDirectory(tmuxTmpdir: string | undefined, uid: number | null): string {
  const parent = resolvedFolder(tmuxTmpdir || '/tmp') ?? resolvedFolder('/tmp') ?? '/tmp';
  return join(parent, `tmux-${uid ?? 0}`);
}

function resolvedFolder(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** Lists the socket directories of all users beside our own. */
export async function allSocketDirectories(ownDirectory: string): Promise<string[]> {
  const parent = dirname(ownDirectory);
  const names = await readdir(parent).catch(() => []);
  const isTheirs = await Promise.all(names.map((name) => belongsToItsUser(parent, name)));
  return names.filter((_, index) => isTheirs[index]).map((name) => join(parent, name));
}

/** Anybody can create a folder in /tmp with somebody else's uid in its name. */
async function belongsToItsUser(parent: string, name: string): Promise<boolean> {
  const [, uid] = DIRECTORY.exec(name) ?? [];
  if (uid === undefined) return false;
  const found = await stat(join(parent, name)).catch(() => null);
  return found?.uid === Number(uid);
}

/** Reads the logins by user id from a file such as `/etc/passwd`; empty if it cannot be read. */
export async function readLogins(path = '/etc/passwd'): Promise<ReadonlyMap<number, string>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const logins = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [login, , uid] = line.split(':');
    // Two logins can share a user id; the system names the first.
    if (login && uid && !logins.has(Number(uid))) logins.set(Number(uid), login);
  }
  return logins;
}

/** The name of a discovered socket: whose directory it lies in is told by the directory's own name. */
export function discoveredName(socket: string, ownDirectory: string, logins: ReadonlyMap<number, string>): string {
  const [, uid] = DIRECTORY.exec(basename(dirname(socket))) ?? [];
  const directoryOwner = uid === undefined ? null : (logins.get(Number(uid)) ?? uid);
  return nameOfSocket({ socket, ownDirectory, directoryOwner });
}
