import { execa } from 'execa';

/** A command, without a shell between. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads on stdin; null for nothing. */
  readonly stdin: string | null;
  /** Where it writes to: where we do ourselves, or into the outcome. */
  readonly output: 'inherit' | 'capture';
  /** After this many milliseconds it is ended, with all that it started. */
  readonly timeoutMs: number;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'not_started'; readonly message: string };

/** Runs a command to its end, or to the end of its time, or until `signal` is aborted. It never rejects. */
export type RunCommand = (command: Command, signal?: AbortSignal) => Promise<CommandEnd>;

/** Signals a process group by its leader; throws where there is none. */
export type SignalGroup = (leader: number, signal: 'SIGTERM' | 'SIGKILL') => void;

/** How long a command has to end in good order. */
const TERM_MS = 2_000;

const MOST_OUTPUT = 1024 * 1024;

/** Creates the one way in which a follower runs commands: each leads a process group of its own, so that what hangs can be ended whole. */
export function createRunCommand(signalGroup: SignalGroup): RunCommand {
  return async ({ file, args, env, stdin, output, timeoutMs }, signal) => {
    const streams = output === 'inherit' ? ('inherit' as const) : ('pipe' as const);
    const child = execa(file, args, {
      env,
      extendEnv: false,
      detached: true,
      ...(stdin === null ? { stdin: 'ignore' as const } : { input: stdin }),
      stdout: streams,
      stderr: streams,
      maxBuffer: MOST_OUTPUT,
      reject: false,
    });
    const end = endOfGroup(child.pid, signalGroup);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end.begin();
    }, timeoutMs);
    signal?.addEventListener('abort', end.begin);
    if (signal?.aborted) end.begin();
    const { exitCode, signal: killedBy, code, stdout, stderr } = await child;
    clearTimeout(timer);
    end.finish();
    signal?.removeEventListener('abort', end.begin);
    if (isLate) return { kind: 'timeout' };
    if (exitCode !== undefined) return { kind: 'exited', code: exitCode, stdout: stdout ?? '', stderr: stderr ?? '' };
    if (killedBy !== undefined) return { kind: 'killed', signal: killedBy };
    return { kind: 'not_started', message: `"${file}" could not be started (${code ?? 'unknown error'})` };
  };
}

/** Ends a process group: asks first, then does not. */
function endOfGroup(leader: number | undefined, signalGroup: SignalGroup) {
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: 'SIGTERM' | 'SIGKILL') => {
    try {
      if (leader !== undefined) signalGroup(leader, signal);
    } catch {
      // It has ended.
    }
  };
  return {
    begin: () => {
      send('SIGTERM');
      timer ??= setTimeout(send, TERM_MS, 'SIGKILL');
    },
    /** The leader has ended: what it left behind after it was asked to go does not stay. */
    finish: () => {
      clearTimeout(timer);
      if (timer) send('SIGKILL');
    },
  };
}
