import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { formatProblems } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A configuration that cannot be used: its message names every problem. */
export class BadConfiguration extends UsageError {}

/** A configuration, and the file it was read from; null where none was named. */
export interface LoadedConfiguration {
  readonly config: Config;
  readonly file: string | null;
}

/** Reads the configuration of a command from its flags, the environment and the file. Throws {@link BadConfiguration}. */
export function readConfiguration(command: Command, { env, readFile }: Terminal): LoadedConfiguration {
  const result = loadConfig({ flags: command.optsWithGlobals(), env, readFile });
  if (result.kind === 'invalid') throw new BadConfiguration(formatProblems(result.problems));
  return result;
}
