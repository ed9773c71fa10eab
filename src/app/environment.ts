import type { ReadFile } from '../core/file.ts';

/** All that the daemon knows of the process and the machine it runs in, read once by the command line. */
export interface Environment {
  readonly version: string;
  readonly nodeVersion: string;
  readonly hostname: string;
  /** As in `/etc/machine-id`; null if there is none. */
  readonly machineId: string | null;
  /** Changes with each boot of the machine; null where the platform has none. */
  readonly bootId: string | null;
  /** Null where the platform has no user ids. */
  readonly uid: number | null;
  /** PATH, for finding tmux. */
  readonly path: string;
  readonly tmuxTmpdir: string | undefined;
  /** Where programs keep what is to outlive a restart: `$XDG_STATE_HOME` or `~/.local/state`. */
  readonly stateHome: string;
  /** Our own pid. */
  readonly pid: number;
  /** All environment variables, for a tmux client that has to be run. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Reads configurations and secrets. */
  readonly readFile: ReadFile;
  /** Milliseconds of the system's monotonic clock, by which the kernel stamps its log. */
  readonly monotonicMs: () => number;
  /** Sends a signal to a process; 0 only asks whether it exists. Throws an error with `code` where it cannot. */
  readonly signal: (pid: number, signal: NodeJS.Signals | 0) => void;
}
