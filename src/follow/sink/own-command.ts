import { execa } from 'execa';

/** A command to run, without a shell. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its stdin; null for an empty one. */
  readonly stdin: string | null;
  /** Its output: shared with ours, or captured into the result. */
  readonly output: 'inherit' | 'capture';
  /** After this many milliseconds it is ended, with all processes of its group. */
  readonly timeoutMs: number;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'not_started'; readonly code: string | null; readonly message: string };

/** Runs a command until it ends, its timeout is over, or `signal` is aborted. It never rejects. */
export type RunCommand = (command: Command, signal?: AbortSignal) => Promise<CommandEnd>;

/** Signals a process group by its leader; throws if there is none. */
export type SignalGroup = (leader: number, signal: 'SIGTERM' | 'SIGKILL') => void;

/** Time between SIGTERM and SIGKILL. */
const TERM_MS = 2_000;

const MOST_OUTPUT = 1024 * 1024;

/** Creates the function that runs commands. Each command leads its own process group, so a hanging one can be ended completely. */
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
    return {
      kind: 'not_started',
      code: code ?? null,
      message: `"${file}" could not be started (${code ?? 'unknown error'})`,
    };
  };
}

/** Ends a process group: first with SIGTERM, then with SIGKILL. */
function endOfGroup(leader: number | undefined, signalGroup: SignalGroup) {
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: 'SIGTERM' | 'SIGKILL') => {
    try {
      if (leader !== undefined) signalGroup(leader, signal);
    } catch {
      // The group has ended already.
    }
  };
  return {
    begin: () => {
      send('SIGTERM');
      timer ??= setTimeout(send, TERM_MS, 'SIGKILL');
    },
    /** Called after the leader has ended: kills what remains of the group, if it was asked to end. */
    finish: () => {
      clearTimeout(timer);
      if (timer) send('SIGKILL');
    },
  };
}
