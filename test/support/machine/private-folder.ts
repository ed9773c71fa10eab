import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** All that were made since the test file began. */
export const madeFolders = new Set<string>();

/** A new folder that nobody else may enter, short enough for the path of a socket. */
export async function makePrivateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tx-'));
  madeFolders.add(folder);
  await chmod(folder, 0o700);
  return folder;
}

/** Removes a folder and all that is in it. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
