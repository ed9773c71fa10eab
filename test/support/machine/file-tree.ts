import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

/** The content of a path in a tree: the text of a file, or the target of a symbolic link. */
export type TreeEntry = string | { readonly linkTo: string };

/** Makes a folder with files at absolute paths below it, as `/` is to the code under test, and gives its path. */
export async function makeTree(entries: Readonly<Record<string, TreeEntry>>): Promise<string> {
  const root = await makePrivateFolder();
  await addToTree(root, entries);
  return root;
}

/** Adds or replaces files of a tree. */
export async function addToTree(root: string, entries: Readonly<Record<string, TreeEntry>>): Promise<void> {
  for (const [path, entry] of Object.entries(entries)) {
    await mkdir(dirname(root + path), { recursive: true });
    if (typeof entry === 'string') await writeFile(root + path, entry);
    else await symlink(entry.linkTo, root + path);
  }
}
