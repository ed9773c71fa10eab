import { basename, dirname } from 'node:path';
import { readText } from '../kernel/text-file.ts';
import type { ListeningSocket } from '../kernel/unix-sockets.ts';

/**
 * The sockets of a tmux server, of all listening ones that its process holds. A server inherits what its starter left open,
 * which may be a database's socket. Of several, its own is in a folder that tmux made, or the one that it was started with.
 */
export function ownSockets(root: string, pid: number, held: readonly ListeningSocket[]): readonly ListeningSocket[] {
  if (held.length < 2) return held;
  const words = [...textsOf(root, pid, 'cmdline'), ...textsOf(root, pid, 'environ').flatMap(socketOfClient)];
  return held.filter(
    ({ path }) => /^tmux-\d+$/.test(basename(dirname(path))) || words.some((word) => names(word, path)),
  );
}

function textsOf(root: string, pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  return readText(`${root}/${pid}/${file}`)?.split('\0') ?? [];
}

/** Whether an argument is a path, or a flag with it: `-S/path`, `-2S/path`. */
function names(word: string, path: string): boolean {
  return word === path || (word.startsWith('-') && word.endsWith(`S${path}`));
}

/** The socket in a variable TMUX: a client without flags starts its server there. */
function socketOfClient(variable: string): readonly string[] {
  const [, path] = /^TMUX=(.*),\d+,\d+$/s.exec(variable) ?? [];
  return path === undefined ? [] : [path];
}
