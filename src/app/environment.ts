import type { ReadFile } from '../core/file.ts';

/** What the daemon knows about its process and its machine. `cli.ts` reads it once. */
export interface Environment {
  readonly version: string;
  readonly nodeVersion: string;
  readonly hostname: string;
  /** As in `/etc/machine-id`; null if there is none. */
  readonly machineId: string | null;
  /** Changes with each boot of the machine; null if the platform has none. */
  readonly bootId: string | null;
  /** Our pid namespace, as `/proc/self/ns/pid` names it; null if the platform has none. */
  readonly pidNamespace: string | null;
  /** Null if the platform has no user ids. */
  readonly uid: number | null;
  /** PATH, for finding tmux. */
  readonly path: string;
  readonly tmuxTmpdir: string | undefined;
  /** Where programs keep their state: `$XDG_STATE_HOME` or `~/.local/state`. */
  readonly stateHome: string;
  /** Our own pid. */
  readonly pid: number;
  /** All environment variables, for a tmux client that has to be run, and for proxies. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Reads configurations and secrets. */
  readonly readFile: ReadFile;
  /** Milliseconds of the system's monotonic clock, which the kernel uses in its log. */
  readonly monotonicMs: () => number;
  /** Sends a signal to a process; 0 only asks whether it exists. Throws an error with `code` if it fails. */
  readonly signal: (pid: number, signal: NodeJS.Signals | 0) => void;
}
