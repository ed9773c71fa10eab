import { join } from 'node:path';
import type { Command } from 'commander';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { formatProblems } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A configuration that cannot be used: its message names every problem. */
export class BadConfiguration extends UsageError {}

/** A configuration, and the file it was read from; null for none. */
export interface LoadedConfiguration {
  readonly config: Config;
  readonly file: string | null;
}

/** Reads the configuration of a command from its flags, the environment and the file. Throws {@link BadConfiguration}. */
export function readConfiguration(command: Command, terminal: Terminal): LoadedConfiguration {
  const result = loadConfiguration(command, terminal);
  if (result.kind === 'invalid') throw new BadConfiguration(formatProblems(result.problems));
  return result;
}

/** Loads the configuration of a command, or everything that is wrong with it. */
export function loadConfiguration(command: Command, terminal: Terminal): LoadResult {
  const { env, readFile } = terminal;
  return loadConfig({ flags: command.optsWithGlobals(), env, readFile, defaultFiles: defaultFilesOf(terminal) });
}

/** The files that may hold the configuration if none is named; the first that exists is read. */
export function defaultFilesOf({ configFolders }: Terminal): string[] {
  return configFolders.map((folder) => join(folder, 'tmux-exporter', 'config.yml'));
}
