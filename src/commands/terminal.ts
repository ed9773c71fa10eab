import type { Environment } from '../app/environment.ts';
import type { LogOutput } from './log/log-output.ts';
import type { UnwrittenOutput } from './unwritten-output.ts';

/** Exit codes of every command. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Whether a terminal is to be shown colours (https://no-color.org). */
export function wantsColours(env: Terminal['env']): boolean {
  return !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The fix to suggest if our state folder cannot be created or written. */
export const STATE_CURE = 'set XDG_STATE_HOME to a folder that you can write to';

/** The process and its terminal, as commands see them. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly environment: Environment;
  /** The folders for configuration files: the user's before the machine's. */
  readonly configFolders: readonly string[];
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Opens stderr for the log. */
  readonly logOutput: () => LogOutput;
  /** Registers a synchronous callback for the end of the process. */
  readonly onExit: (handle: () => void) => void;
  /** Writes to stdout. Resolves when the text was written; rejects with an {@link UnwrittenOutput} if that is impossible. */
  readonly write: (text: string) => Promise<void>;
  /** Whether stderr is a terminal. */
  readonly isInteractive: boolean;
  /** Whether stdout is a terminal. */
  readonly isStdoutTerminal: boolean;
  /** The command that starts this program: Node, and the script. */
  readonly self: readonly string[];
  readonly pid: number;
  /** Such as `linux` or `darwin`. */
  readonly platform: string;
  /** Whether the terminal that it was started in is gone, because its window or pane was closed. Null if it was started without one. */
  readonly hasHungUp: (() => boolean) | null;
  /** Whether stdin is `/dev/null`, open for writing only, with which nohup replaces a terminal. False if that is not known. */
  readonly hasNohupInput: () => boolean;
  /** Registers a callback for a signal, which replaces its default action. Returns a function that removes it. */
  readonly onSignal: (
    signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT' | 'SIGTSTP' | 'SIGCONT',
    handle: () => void,
  ) => () => void;
}
