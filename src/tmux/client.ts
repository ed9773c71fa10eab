import type { Readable } from 'node:stream';
import { execa } from 'execa';

/** More output than this from one client is an error, not a reason to run out of memory: 2,000 panes give about 200 kB. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** The user as whom a client runs; null runs it as ourselves. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** How a tmux client ended. */
export type ClientExit =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'overflow' }
  | { readonly kind: 'not_started'; readonly message: string };

/** Runs one tmux client against one socket, until it ends or its time is up. It never rejects. */
export type TmuxClient = (socket: string, command: readonly string[], identity: Identity | null) => Promise<ClientExit>;

/** What {@link createTmuxClient} needs. */
export interface TmuxClientOptions {
  /** Name or path of the tmux binary. */
  readonly binary: string;
  /** After this many milliseconds the client is killed and reaped. */
  readonly timeoutMs: number;
  /** The whole environment of the client: without TMUX, TMUX_PANE and all else that is not needed. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told of every client that was run. */
  readonly onExit?: (command: string, exit: ClientExit) => void;
}

/** Creates the one way in which tmux is run: with `-u`, since without a UTF-8 locale tmux garbles tabs and names, and with `-S`. */
export function createTmuxClient({ binary, timeoutMs, environment, onExit }: TmuxClientOptions): TmuxClient {
  return async (socket, command, identity) => {
    const client = execa(binary, ['-u', '-S', socket, ...command], {
      ...(identity ?? {}),
      env: environment,
      extendEnv: false,
      cwd: '/',
      stdin: 'ignore',
      // execa would escape all that it buffered for a message: seconds of a blocked loop, for output that a hostile server chooses.
      buffer: false,
      reject: false,
    });
    const cut: { by: 'timeout' | 'overflow' | null } = { by: null };
    const stop = (by: 'timeout' | 'overflow') => {
      cut.by ??= by;
      client.kill('SIGKILL');
      // A client hands its standard streams to the server, and a hung server keeps them open: their end is not to be waited for.
      client.stdout.destroy();
      client.stderr.destroy();
    };
    const timer = setTimeout(stop, timeoutMs, 'timeout');
    const output = [client.stdout, client.stderr].map((stream) => readAll(stream, () => stop('overflow')));
    const [ended, stdout = '', stderr = ''] = await Promise.all([client, ...output]);
    clearTimeout(timer);
    const exit: ClientExit = cut.by === null ? exitOf({ ...ended, stdout, stderr }, binary) : { kind: cut.by };
    onExit?.(command[0] ?? '', exit);
    return exit;
  };
}

/** Reads a stream to its end, or for as long as it is let; `onOverflow` is called where it gives too much. */
async function readAll(stream: Readable, onOverflow: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MAX_OUTPUT_BYTES) onOverflow();
    }
  } catch {
    // It was destroyed, here or by the end of the client: what it gave is all there is.
  }
  return Buffer.concat(chunks).toString();
}

/** How a command ended that only reads: its exit code, null where it was killed or could not be started, and its stdout. */
export interface ReadingCommand {
  readonly code: number | null;
  readonly stdout: string;
}

/** Creates a runner of commands that only read, such as `systemctl show`. It never rejects. */
export function createCommandRunner(environment: Readonly<Record<string, string>>) {
  return async (file: string, args: readonly string[], timeoutMs: number): Promise<ReadingCommand> => {
    const { exitCode, stdout } = await execa(file, args, {
      env: environment,
      extendEnv: false,
      cwd: '/',
      stdin: 'ignore',
      stderr: 'ignore',
      reject: false,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return { code: exitCode ?? null, stdout: stdout ?? '' };
  };
}

/** What `tmux -V` says, such as `tmux 3.5a`, or why it says nothing. */
export type TmuxVersion = { readonly kind: 'version' | 'problem'; readonly text: string };

/** Asks a tmux binary for its version. It never rejects. */
export async function tmuxVersion(binary: string, environment: Readonly<Record<string, string>>): Promise<TmuxVersion> {
  const options = {
    env: environment,
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    reject: false,
    timeout: 5_000,
  } as const;
  const ended = await execa(binary, ['-V'], options);
  if (ended.exitCode === 0) return { kind: 'version', text: ended.stdout.trim() };
  if (ended.exitCode === undefined) return { kind: 'problem', text: spawnProblem(ended.code, binary) };
  return { kind: 'problem', text: `"${binary} -V" ended with ${ended.exitCode}: expected a tmux` };
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function exitOf(ended: Ended, binary: string): ClientExit {
  if (ended.exitCode !== undefined) {
    return { kind: 'exited', code: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
  }
  if (ended.signal !== undefined) return { kind: 'killed', signal: ended.signal };
  return { kind: 'not_started', message: spawnProblem(ended.code, binary) };
}

function spawnProblem(code: string | undefined, binary: string): string {
  switch (code) {
    case 'ENOENT':
      return `tmux was not found as "${binary}": install tmux, or name it with --tmux.binary`;
    case 'EACCES':
      return `"${binary}" may not be executed: name a tmux that may with --tmux.binary`;
    case 'EMFILE':
    case 'EAGAIN':
      return `no tmux client could be started (${code}): raise the limit of open files or processes`;
    default:
      return `"${binary}" could not be started (${code ?? 'unknown error'})`;
  }
}
