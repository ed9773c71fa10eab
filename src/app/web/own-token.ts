import { randomBytes } from 'node:crypto';
import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../files/folder.ts';
import type { Environment } from '../environment.ts';
import { programFolder } from '../machine-folder.ts';
import { readTokenFile } from './token-files.ts';

/** The path of the token that the commands of the daemon's user send: in the state folder, which machines can share, or beside a store in another place. */
export function ownTokenPath(storagePath: string | null, environment: Environment): string {
  return join(storagePath === null ? programFolder(environment) : dirname(storagePath), 'token');
}

/** Makes the token if it is missing, or if others can read or have written it. Resolves with whether it was made. Rejects with the error of the system. */
export async function makeOwnToken(path: string, { uid, pid, readFile }: Environment): Promise<boolean> {
  if (await isOurs(path, uid)) {
    const reading = await readTokenFile(path, readFile);
    if (reading.kind === 'read') return false;
  }
  makeFolder(dirname(path));
  const made = `${path}.${pid}`;
  await rm(made, { force: true });
  await writeFile(made, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  await rename(made, path);
  return true;
}

/** Another user may know a token that it has put there. */
async function isOurs(path: string, uid: number | null): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isFile() && (uid === null || found.uid === uid) && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}
