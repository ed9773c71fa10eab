import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Identity } from './run-program.ts';

/** A client that stays until its server ends. */
export interface WatchClient {
  readonly pid: number | undefined;
  /** Whether it has reached its server, so that its exit code tells how the server ended. */
  readonly hasArrived: () => boolean;
  /** Whether its server has let it go, as it does at an orderly end; known where {@link tellsRelease}. */
  readonly wasReleased: () => boolean;
  /** The exit code; null where it was killed or could not be started. It never rejects. */
  readonly ended: Promise<number | null>;
  readonly kill: () => void;
}

/** What {@link startWatchClient} needs. */
export interface WatchClientOptions {
  readonly binary: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly socket: string;
  /** A channel that nobody signals. */
  readonly channel: string;
  readonly identity: Identity | null;
  /** Path of setpriv, by which the kernel ends the client when we die; null where there is none. */
  readonly setpriv: string | null;
  /** Asks for the notifications of a control client, and is told each line of them; null asks for none. */
  readonly onNotification: ((line: string) => void) | null;
}

/** Asked before and after the wait. */
const QUESTION = ['show-options', '-s', 'buffer-limit'];
const ANSWER = 'buffer-limit ';

/** The last answer is in the pipe when the client ends, but a hung server keeps the pipe open that its client gave it. */
const LAST_WORDS_MS = 100;

/**
 * Starts `tmux wait-for` on a channel nobody signals: a client that is in no list, keeps no server alive, and ends within
 * milliseconds of its server: with 0 after an orderly end, with 1 after a crash. It asks something before and after. A client
 * that is still on its way loses a server in the same words however that ends: the first answer shows that it has arrived. A
 * client that somebody ends by SIGTERM exits with 0, too: the second answer shows that its server has let it go.
 */
export function startWatchClient(options: WatchClientOptions): WatchClient {
  const { binary, environment, socket, channel, identity, setpriv, onNotification } = options;
  const commands = [...QUESTION, ';', 'wait-for', channel, ';', ...QUESTION];
  const command = [binary, '-u', ...(onNotification ? ['-C'] : []), '-S', socket, ...commands];
  const [file = binary, ...words] = setpriv === null ? command : [setpriv, '--pdeathsig', 'TERM', ...command];
  // A control client ends with its stdin.
  const stdio: StdioOptions = [onNotification ? 'pipe' : 'ignore', 'pipe', 'ignore'];
  const child = tryToSpawn(file, words, { ...identity, env: environment, cwd: '/', stdio });
  const stdout = child?.stdout ?? null;
  const answers = stdout === null ? () => 0 : countAnswers(stdout);
  if (onNotification && stdout) createInterface({ input: stdout }).on('line', onNotification);
  return {
    pid: child?.pid,
    hasArrived: () => answers() > 0,
    wasReleased: () => answers() > 1,
    ended: child === null ? Promise.resolve(null) : endOf(child),
    kill: () => child?.kill('SIGTERM'),
  };
}

/** Null where it cannot even be tried. */
function tryToSpawn(file: string, words: readonly string[], options: SpawnOptions): ChildProcess | null {
  try {
    return spawn(file, words, options);
  } catch {
    return null;
  }
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', () => {
      const timer = setTimeout(() => child.stdout?.destroy(), LAST_WORDS_MS);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  });
}

/** Whether a server lets its waiting clients go on before it ends, so that they answer once more: `#{version}` such as `3.5a`. Servers up to 3.1 cut them off. */
export function tellsRelease(version: string): boolean {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return major > 3 || (major === 3 && minor >= 3);
}

/** Counts the answers in a stream of any length. */
function countAnswers(stream: Readable): () => number {
  let answers = 0;
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const pieces = (rest + chunk.toString('latin1')).split(ANSWER);
    answers += pieces.length - 1;
    rest = (pieces.at(-1) ?? '').slice(1 - ANSWER.length);
  });
  return () => answers;
}
