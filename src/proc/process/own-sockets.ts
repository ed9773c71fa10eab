import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { systemPath } from '../../core/byte-path.ts';
import { readStart } from '../kernel/text-file.ts';
import { type ListeningSocket, mayBeAbstract } from '../kernel/unix-sockets.ts';
import { reachablePath } from './file-view.ts';

/** How much is read of the arguments and variables of a server, which are as long as its user wants: the longest single one. */
const TEXT_BYTES = 128 * 1024;

/**
 * The sockets of a tmux server, of all listening ones that its process holds. A server inherits what its starter left open,
 * which may be a database's socket. Of several, its own is in a folder that tmux made, or the one that it was started with.
 * If it is not known which, there is none: nobody is spoken to in order to find out. That is so, too, if what the server was
 * started with comes after 128 KiB of other arguments or variables. An abstract socket is none of a tmux server.
 */
export function ownSockets(root: string, pid: number, held: readonly ListeningSocket[]): readonly ListeningSocket[] {
  const words = () => textsOf(root, pid, 'cmdline');
  const bound = held.filter(
    ({ path }) => !mayBeAbstract(path) || isSocket(reachablePath(root, pid, path)) || names(words(), path),
  );
  if (bound.length < 2) return bound;
  const own = words();
  const inherited = textsOf(root, pid, 'environ').flatMap(socketOfClient);
  return bound.filter(
    ({ path }) => /^tmux-\d+$/.test(basename(dirname(path))) || inherited.includes(path) || names(own, path),
  );
}

function textsOf(root: string, pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  return readStart(`${root}/${pid}/${file}`, TEXT_BYTES)?.split('\0') ?? [];
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(systemPath(path)).isSocket();
  } catch {
    return false;
  }
}

/** Whether the flag `-S` of a command line names a path: `-S /path`, `-S/path`, `-2S/path`. */
function names(words: readonly string[], path: string): boolean {
  return words.some(
    (word, index) =>
      (/^-\w*S$/.test(words[index - 1] ?? '') && word === path) || (word.startsWith('-') && word.endsWith(`S${path}`)),
  );
}

/** The socket in a variable TMUX: a client without flags starts its server there. */
function socketOfClient(variable: string): readonly string[] {
  const [, path] = /^TMUX=(.*),\d+,\d+$/s.exec(variable) ?? [];
  return path === undefined ? [] : [path];
}
