import type { Environment } from '../app/environment.ts';
import type { LogOutput } from './log/log-output.ts';

/** Exit codes of every command. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** What to do if our folder for state cannot be made or written. */
export const STATE_CURE = 'set XDG_STATE_HOME to a folder that you can write to';

/** The outside of the process, as the command line hands it to a command. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly environment: Environment;
  /** The folders in which programs find their configuration: that of the user before that of the machine. */
  readonly configFolders: readonly string[];
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Opens stderr for the log. */
  readonly logOutput: () => LogOutput;
  /** Calls back right before the process ends, for work that waits for nothing. */
  readonly onExit: (handle: () => void) => void;
  /** Writes to stdout, and settles when it was taken; rejects where nobody reads any more. */
  readonly write: (text: string) => Promise<void>;
  /** Whether a person reads stderr. */
  readonly isInteractive: boolean;
  /** Whether a person reads stdout. */
  readonly isStdoutTerminal: boolean;
  /** How this program is started: Node, and the script. */
  readonly self: readonly string[];
  readonly pid: number;
  /** Such as `linux` or `darwin`. */
  readonly platform: string;
  /** Whether it was started in a terminal that is gone by now, as when its window or pane was closed. */
  readonly hasHungUp: () => boolean;
  /** Calls back on a signal, instead of what it would do otherwise. */
  readonly onSignal: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGTSTP' | 'SIGCONT', handle: () => void) => void;
}
