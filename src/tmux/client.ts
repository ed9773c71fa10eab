import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Identity, type ProgramExit, type ProgramRun, runProgram } from './run-program.ts';

/** How a tmux client ended. */
export type ClientExit =
  | Exclude<ProgramExit, { kind: 'not_started' }>
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
  /** Runs the client; from this process, and at once, by default. */
  readonly run?: (run: ProgramRun) => Promise<ProgramExit>;
}

/** Creates the one way in which tmux is asked: with `-u`, since without a UTF-8 locale tmux garbles tabs and names, and with `-S`. */
export function createTmuxClient(options: TmuxClientOptions): TmuxClient {
  const { binary: file, timeoutMs, environment, onExit, run = runProgram } = options;
  return async (socket, command, identity) => {
    const ended = await run({ file, args: ['-u', '-S', socket, ...command], identity, environment, timeoutMs });
    const exit: ClientExit =
      ended.kind === 'not_started' ? { kind: 'not_started', message: spawnProblem(ended.error, file) } : ended;
    onExit?.(command[0] ?? '', exit);
    return exit;
  };
}

/** To start a process holds us up for milliseconds: between two of them everything else has its turn. */
export function takingTurns(run: (run: ProgramRun) => Promise<ProgramExit>): (run: ProgramRun) => Promise<ProgramExit> {
  let turn = Promise.resolve();
  return async (one) => {
    turn = turn.then(() => nextTurn());
    await turn;
    return run(one);
  };
}

/** How a command ended that only reads: its exit code, null where it was killed or could not be started, and its stdout. */
export interface ReadingCommand {
  readonly code: number | null;
  readonly stdout: string;
}

/** Creates a runner of commands that only read, such as `systemctl show`. It never rejects. */
export function createCommandRunner(environment: Readonly<Record<string, string>>) {
  return async (file: string, args: readonly string[], timeoutMs: number): Promise<ReadingCommand> => {
    const exit = await runProgram({ file, args, identity: null, environment, timeoutMs });
    return exit.kind === 'exited' ? exit : { code: null, stdout: '' };
  };
}

/** What `tmux -V` says, such as `tmux 3.5a`, or why it says nothing. */
export type TmuxVersion = { readonly kind: 'version' | 'problem'; readonly text: string };

/** Asks a tmux binary for its version. It never rejects. */
export async function tmuxVersion(binary: string, environment: Readonly<Record<string, string>>): Promise<TmuxVersion> {
  const exit = await runProgram({ file: binary, args: ['-V'], identity: null, environment, timeoutMs: 5_000 });
  if (exit.kind === 'not_started') return { kind: 'problem', text: spawnProblem(exit.error, binary) };
  if (exit.kind === 'exited' && exit.code === 0) return { kind: 'version', text: exit.stdout.trim() };
  const end = exit.kind === 'exited' ? `ended with ${exit.code}` : `did not end by itself (${exit.kind})`;
  return { kind: 'problem', text: `"${binary} -V" ${end}: expected a tmux` };
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
