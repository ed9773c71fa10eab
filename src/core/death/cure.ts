import { hasEscapes } from '../byte-path.ts';
import { printable, shellWord } from '../text.ts';

/** A suggested fix for a person. Following it to the letter must be safe. */
export interface Cure {
  /** Advice in sentences, the command included. */
  readonly text: string;
  /** The command to copy; null if there is none. */
  readonly command: string | null;
}

/** A living server as its cures need to know it. */
export interface Patient {
  readonly pid: number;
  /** The name of its process, as `ps -o comm=` prints it; null if it is not known. */
  readonly command: string | null;
  /** The path that it is known by. */
  readonly socket: string;
  /** Another path that it was known by; null if there is none. */
  readonly formerSocket: string | null;
  /** The paths at which it makes its sockets on SIGUSR1, whatever is there; none if they are not known. */
  readonly boundPaths: readonly string[];
  /** Whether it lives in another mount namespace, as in a container; null if that is not known. */
  readonly isElsewhere: boolean | null;
  /** Whether another server has taken its path. */
  readonly isDisplaced: boolean;
  /** Whether something else is at its path, such as a regular file. */
  readonly isPathTaken: boolean;
}

/** The longest path of a Unix socket, in bytes. */
const MOST_PATH_BYTES = 107;

/** Longest command in characters. An event holds its cure twice, and must stay within 4 KiB. */
const LONGEST_COMMAND = 400;

/** Matches a name of a process that every `ps` prints as it is. */
const PLAIN = /^[!-~]([ -~]*[!-~])?$/;

/** Matches the folder that tmux makes for the sockets of one user. */
const TMUX_FOLDER = /\/tmux-\d+$/;

/** How to bring back the socket of a living server without taking the path from a server that uses it now. */
export function socketCure(patient: Patient): Cure {
  const former = formerPath(patient);
  if (former !== null) return movedCure(patient, former);
  return patient.isDisplaced || patient.isPathTaken ? asideCure(patient) : wakeCure(patient);
}

/** Why nobody reaches a living server by its socket, as a sentence. */
export function socketProblem(patient: Patient): string {
  const former = formerPath(patient);
  if (former !== null) return `Its socket is gone, after it was moved from ${printable(former)}.`;
  if (patient.isDisplaced) return 'Another server was started at its path.';
  return patient.isPathTaken ? 'Something else is at its path.' : 'Its socket file was deleted.';
}

/** How to resume a stopped server. */
export function stoppedCure(pid: number): Cure {
  return cureOf(`kill -CONT ${pid}`, (command) => `${command} resumes it`);
}

/**
 * How to reach a server that the installed version of tmux cannot talk to: by its own binary. That is the program of its user, or of
 * a container. Another user, root too, must not run it, and nobody outside of the container.
 */
export function versionCure({ pid, command: name, socket, isElsewhere }: Patient): Cure {
  const later = 'Restart the server when its work is done.';
  if (isElsewhere)
    return { text: `Its own binary works as a client inside its container or unit. ${later}`, command: null };
  const command =
    isElsewhere === null || !isExact(name)
      ? null
      : commandOn([socket], (word) => `${ifOwn(pid)} && ${ifTmux(pid, name)} && /proc/${pid}/exe -S ${word} attach`);
  const client = command === null ? 'its own binary works as a client' : `${command} still reaches it`;
  return { text: `As its own user, ${client}. ${later}`, command };
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

function wakeCure(patient: Patient): Cure {
  const command = wakeCommand(patient);
  if (command === null) return byHand(patient);
  const text = `${command} makes it create the socket again if its path is free. Keep /tmp cleaners away from it.${folderText(patient.socket)}`;
  return { text, command };
}

/** The server makes its socket again at the path from which it was moved. That path may be another server's by now. */
function movedCure(patient: Patient, former: string): Cure {
  const command = wakeCommand(patient);
  if (command === null) return byHand(patient);
  const text = `${socketProblem(patient)} ${command} makes it create the socket at ${printable(former)} again. If something is there, rename that first.${folderText(former)}`;
  return { text, command };
}

/** The path at which a server makes its socket if that is not the one that it is known by; otherwise null. */
function formerPath({ socket, boundPaths }: Patient): string | null {
  return boundPaths.includes(socket) ? null : (boundPaths[0] ?? null);
}

/** Wakes a server if every path at which it may make its socket is free. */
function wakeCommand({ pid, command, socket, formerSocket, boundPaths }: Patient): string | null {
  const known = formerSocket === null ? [socket] : [socket, formerSocket];
  const paths = boundPaths.length > 0 ? boundPaths : known;
  const free = (words: readonly string[]) => words.map((word) => `test ! -e ${word}`).join(' && ');
  return commandOn(paths, (...words) => `${free(words)} && ${ifTmux(pid, command)} && kill -USR1 ${pid}`);
}

function folderText(socket: string): string {
  const folder = folderOf(socket);
  if (!TMUX_FOLDER.test(folder)) return '';
  return ` If ${printable(folder)} is gone too, make it first, as the server's user: mkdir -m 700 ${shellWord(folder)}.`;
}

/** Moves what is at the path aside: another server's socket, or something else. */
function asideCure(patient: Patient): Cure {
  const { pid, socket, isDisplaced } = patient;
  const free = `${socket}-new`;
  const fits = new TextEncoder().encode(free).length <= MOST_PATH_BYTES;
  const command = commandOn([socket, free], (taken, word) => {
    return `${ifTmux(pid, patient.command)} && test ! -e ${word} && mv ${taken} ${word} && kill -USR1 ${pid}`;
  });
  if (!fits || command === null) return byHand(patient);
  const effect = isDisplaced
    ? `makes both reachable. Inside the newer one, use tmux -S ${shellWord(free)}.`
    : 'moves that aside and makes the server create its socket again.';
  return { text: `${socketProblem(patient)} ${command} ${effect}`, command };
}

function byHand(patient: Patient): Cure {
  const { pid, socket, boundPaths } = patient;
  const places = boundPaths.length > 0 ? boundPaths : [socket];
  const where = places.length === 1 && places[0] === socket ? 'its path' : places.map(printable).join(' or ');
  return {
    text: `${socketProblem(patient)} If something is at ${where}, rename that. Then send SIGUSR1 to process ${pid}, if it is still a tmux server.`,
    command: null,
  };
}

/** A check that the pid still belongs to the server. Pids are reused, and SIGUSR1 would end another program. */
function ifTmux(pid: number, command: string | null): string {
  return `ps -o comm= -p ${pid} | grep -q${isExact(command) ? `xF ${shellWord(command)}` : ' tmux'}`;
}

/** Whether a process can be recognised by its name: it is known, and every `ps` prints it as it is. */
function isExact(command: string | null): command is string {
  return command !== null && PLAIN.test(command);
}

/** A check that the process of a pid belongs to the user of the shell. */
function ifOwn(pid: number): string {
  return `ps -o uid= -p ${pid} | grep -qw "$(id -u)"`;
}

/** A command on some paths, given as words of a shell; null if a path cannot be in a command, or if the command is too long. */
function commandOn(paths: readonly string[], command: (...words: readonly string[]) => string): string | null {
  const text = command(...paths.map(shellWord));
  const isPlain = paths.every((path) => path === printable(path) && !hasEscapes(path));
  return isPlain && text.length <= LONGEST_COMMAND ? text : null;
}

function cureOf(command: string, text: (command: string) => string): Cure {
  return command === printable(command)
    ? { text: text(command), command }
    : { text: text(printable(command)), command: null };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
