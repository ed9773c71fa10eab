import { readFileSync } from 'node:fs';

/** Flag of a listening socket in `/proc/net/unix` (`__SO_ACCEPTCON`). */
const ACCEPTS_CONNECTIONS = 0x10000;

/** The paths that the kernel lists as listening, also those whose file was deleted; null where it cannot be asked. Only of our own network namespace. */
export function listeningPaths(root: string): ReadonlySet<string> | null {
  try {
    return parseListening(readFileSync(`${root}/net/unix`, 'utf8'));
  } catch {
    return null;
  }
}

/** Reads the text of `/proc/net/unix`: `Num RefCount Protocol Flags Type St Inode Path`, a path being all the rest of a line. */
export function parseListening(text: string): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const line of text.split('\n')) {
    const [, flags, path] = LINE.exec(line) ?? [];
    if (flags && path && (Number.parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0) paths.add(path);
  }
  return paths;
}

const LINE = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ +\d+ (\/.*)$/;
