import { namesIn } from '../kernel/folder-names.ts';
import { readLink } from '../kernel/text-file.ts';

/** Maximum number of descriptors that are examined. A tmux server has some tens, and a few for each pane and client. */
const MOST_DESCRIPTORS = 4096;

/**
 * Lists the inodes of the sockets that a process holds; null if they may not be read.
 *
 * A process can have a million descriptors, which would take seconds, so with more than {@link MOST_DESCRIPTORS} its sockets count
 * as unreadable: the claim of its server is not proven, and its server is found in a socket directory only. Neither is a death.
 */
export function socketsOf(root: string, pid: number): ReadonlySet<string> | null {
  const folder = `${root}/${pid}/fd`;
  const descriptors = descriptorsIn(folder);
  return (
    descriptors &&
    new Set(descriptors.flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readLink(`${folder}/${fd}`) ?? '')?.[1] ?? []))
  );
}

function descriptorsIn(folder: string): readonly string[] | null {
  try {
    return namesIn(folder, MOST_DESCRIPTORS);
  } catch {
    return null;
  }
}
