import type { CommandEnd } from '../protocol/client.ts';

/** How a tmux client process ended. It can end in ways that our own client cannot. */
export type BinaryEnd =
  | Extract<CommandEnd, { kind: 'exited' | 'timeout' | 'overflow' }>
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not_started'; readonly message: string };

/** The user that a client runs as; null means our own user. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** One run of a tmux client. */
export interface BinaryRun {
  /** Name or path of the tmux binary. */
  readonly binary: string;
  readonly socket: string;
  readonly command: readonly string[];
  readonly identity: Identity | null;
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The client is killed after this many milliseconds. */
  readonly timeoutMs: number;
  /** Kills the client, too. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** Runs a tmux client process, for servers whose protocol version we do not speak. It rejects only if `signal` aborts it, with the reason of that. */
export async function runTmuxBinary(run: BinaryRun): Promise<BinaryEnd> {
  const { binary, socket, command, identity, environment, timeoutMs, signal } = run;
  // Loaded late: most daemons never need it, and it takes 8 MB.
  const { execa } = await import('execa');
  signal?.throwIfAborted();
  const child = execa(binary, ['-u', '-S', socket, ...command], {
    ...identity,
    env: environment,
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    maxBuffer: MAX_OUTPUT_BYTES,
    stripFinalNewline: false,
    forceKillAfterDelay: false,
    killSignal: 'SIGKILL',
    reject: false,
  });
  let isLate = false;
  const kill = () => {
    child.kill('SIGKILL');
    // A client hands its standard streams to the server, and a hung server keeps them open: do not wait for their end.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill);
  const ended = await child;
  clearTimeout(timer);
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (isLate) return { kind: 'timeout' };
  if (ended.isMaxBuffer) return { kind: 'overflow' };
  if (ended.exitCode !== undefined)
    return { kind: 'exited', code: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
  if (ended.signal !== undefined) return { kind: 'killed', signal: ended.signal };
  return { kind: 'not_started', message: spawnProblem(ended.code, binary) };
}

/** The environment for a tmux client: ours, without the variables that could point it at another server, and without those meant for Node and npm. */
export function clientEnvironment(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const needed = Object.entries(variables).filter(([name]) => !NOT_FOR_CLIENTS.test(name));
  return Object.fromEntries(needed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

const NOT_FOR_CLIENTS = /^(TMUX|NODE_|npm_)/;

function spawnProblem(code: string | undefined, binary: string): string {
  switch (code) {
    case 'ENOENT':
      return `tmux was not found as "${binary}": install tmux, or name it with --tmux.binary`;
    case 'EACCES':
      return `"${binary}" may not be executed: name an executable tmux with --tmux.binary`;
    case 'EMFILE':
    case 'EAGAIN':
      return `no tmux client could be started (${code}): raise the limit of open files or processes`;
    default:
      return `"${binary}" could not be started (${code ?? 'unknown error'})`;
  }
}
