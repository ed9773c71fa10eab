import type { Config } from '../config/schema.ts';
import type { Log } from './announcer.ts';
import type { Environment } from './environment.ts';
import type { ConfigReading } from './reloader.ts';

/** Options of a daemon. */
export interface DaemonOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Log;
  /** Applies `log.*`. */
  readonly configureLog: (config: Config['log']) => void;
  /** The number of log lines that could not be written. */
  readonly droppedLogLines: () => number;
  readonly readConfig: () => Promise<ConfigReading>;
}

/** A daemon, as a command runs it. */
export interface Daemon {
  /** Settles with the URL when it does its work. Rejects with a `StartRefusal`. */
  start(): Promise<string>;
  /** Ends everything; it never rejects. */
  stop(): Promise<void>;
  /** Reads the configuration again; it never rejects. */
  reload(): Promise<unknown>;
}
