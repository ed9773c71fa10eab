import { readdirSync } from 'node:fs';
import { readLink } from '../kernel/text-file.ts';

/** Lists the inodes of the sockets that a process holds; null if they may not be read. */
export function socketsOf(root: string, pid: number): ReadonlySet<string> | null {
  const folder = `${root}/${pid}/fd`;
  const descriptors = namesIn(folder);
  return (
    descriptors &&
    new Set(descriptors.flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readLink(`${folder}/${fd}`) ?? '')?.[1] ?? []))
  );
}

function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}
