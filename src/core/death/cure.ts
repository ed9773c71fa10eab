import { hasEscapes } from '../byte-path.ts';
import type { Place } from '../model/server.ts';
import { printable, shellWord } from '../text.ts';

/** A suggested fix for a person. Following it to the letter must be safe. */
export interface Cure {
  /** Advice in sentences, the command included. */
  readonly text: string;
  /** The command to copy; null if there is none. */
  readonly command: string | null;
}

/** The longest path of a Unix socket, in bytes. */
const MOST_PATH_BYTES = 107;

/** Longest command in characters. An event holds its cure twice, and must stay within 4 KiB. */
const LONGEST_COMMAND = 400;

/** Matches the folder that tmux makes for the sockets of one user. */
const TMUX_FOLDER = /\/tmux-\d+$/;

/** How to bring back the socket of a living server without taking the path from a server that uses it now. */
export function socketCure(pid: number, { socket, displacedPid }: Place): Cure {
  return displacedPid === undefined ? wakeCure(pid, socket) : displacedCure(pid, socket);
}

/** How to resume a stopped server. */
export function stoppedCure(pid: number): Cure {
  return cureOf(`kill -CONT ${pid}`, (command) => `${command} resumes it`);
}

/** How to reach a server that the installed version of tmux cannot talk to: by its own binary. */
export function versionCure(pid: number, socket: string): Cure {
  const command = commandOn(socket, (word) => `/proc/${pid}/exe -S ${word} attach`);
  const client = command === null ? `/proc/${pid}/exe works as a client` : `${command} still reaches it`;
  return { text: `${client}. Restart the server when its work is done.`, command };
}

/** How to make a file with secrets private. Another program may need to read it; the exporter cannot know. */
export function secretFileCure(path: string): Cure {
  return cureOf(
    `chmod 600 ${shellWord(path)}`,
    (command) =>
      `run ${command} if the exporter's user owns it and nobody else reads it; otherwise give the exporter a copy`,
  );
}

/** The path that a cleaner has to spare: the socket's folder if it holds only tmux's sockets, otherwise the socket. */
export function sparedPlace(socket: string): { readonly path: string; readonly isFolder: boolean } {
  const folder = folderOf(socket);
  return TMUX_FOLDER.test(folder) ? { path: folder, isFolder: true } : { path: socket, isFolder: false };
}

/** A glob without spaces and quotes that matches a path. Every special character becomes `*`. */
export function globFor(path: string): string {
  return path.replace(/[^\w@+=:,./-]+/g, '*');
}

function wakeCure(pid: number, socket: string): Cure {
  const command = commandOn(socket, (word) => `test ! -e ${word} && ${ifTmux(pid)} && kill -USR1 ${pid}`);
  if (command === null) return byHand(pid, 'Its socket file was deleted.');
  const folder = folderOf(socket);
  const remake = TMUX_FOLDER.test(folder)
    ? ` If ${printable(folder)} is gone too, make it first, as the server's user: mkdir -m 700 ${shellWord(folder)}.`
    : '';
  const text = `${command} makes it create the socket again. Keep /tmp cleaners away from it.${remake}`;
  return { text, command };
}

function displacedCure(pid: number, socket: string): Cure {
  const free = `${socket}-new`;
  const fits = new TextEncoder().encode(free).length <= MOST_PATH_BYTES;
  const command = commandOn(socket, (taken) => {
    const word = shellWord(free);
    return `${ifTmux(pid)} && test ! -e ${word} && mv ${taken} ${word} && kill -USR1 ${pid}`;
  });
  if (!fits || command === null) return byHand(pid, 'Another server was started at its path.');
  const text = `Another server was started at its path. ${command} makes both reachable. Inside the newer one, use tmux -S ${shellWord(free)}.`;
  return { text, command };
}

function byHand(pid: number, problem: string): Cure {
  return {
    text: `${problem} If something is at its path, rename that. Then send SIGUSR1 to process ${pid}, if it is still a tmux server.`,
    command: null,
  };
}

/** A check that the pid still belongs to a tmux process. Pids are reused, and SIGUSR1 would end another program. */
function ifTmux(pid: number): string {
  return `ps -o comm= -p ${pid} | grep -q tmux`;
}

function commandOn(path: string, command: (word: string) => string): string | null {
  const text = command(shellWord(path));
  return path === printable(path) && !hasEscapes(path) && text.length <= LONGEST_COMMAND ? text : null;
}

function cureOf(command: string, text: (command: string) => string): Cure {
  return command === printable(command)
    ? { text: text(command), command }
    : { text: text(printable(command)), command: null };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
