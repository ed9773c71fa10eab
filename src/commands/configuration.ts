import { join } from 'node:path';
import type { Command } from 'commander';
import { type LoadResult, loadConfig, namedFile } from '../config/file/load.ts';
import { formatProblems } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { FileReading } from '../core/file.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const MOST_BYTES = 1_048_576;

/** Thrown for an invalid configuration. The message names every problem. */
export class BadConfiguration extends UsageError {}

/** A configuration, and the file it was read from; null if there is none. */
export interface LoadedConfiguration {
  readonly config: Config;
  readonly file: string | null;
}

/** Reads the configuration of a command from its flags, the environment and the file. Rejects with {@link BadConfiguration}. */
export async function readConfiguration(command: Command, terminal: Terminal): Promise<LoadedConfiguration> {
  const result = await loadConfiguration(command, terminal);
  if (result.kind === 'invalid') throw new BadConfiguration(formatProblems(result.problems));
  return result;
}

/** Loads the configuration of a command, or all of its problems. A file that cannot be read in time is a problem too. */
export async function loadConfiguration(command: Command, terminal: Terminal): Promise<LoadResult> {
  const { env, environment } = terminal;
  const flags = command.optsWithGlobals();
  const named = namedFile({ flags, env });
  const readings = new Map<string, FileReading>();
  for (const path of named ? [named.path] : defaultFilesOf(terminal)) {
    const reading = await environment.readFile(path, MOST_BYTES);
    readings.set(path, reading);
    if (!isAbsent(reading)) break;
  }
  const readFile = (path: string) => textOf(path, readings.get(path));
  return loadConfig({ flags, env, readFile, defaultFiles: named ? [] : [...readings.keys()] });
}

/** Why a configuration that was read again cannot replace one from the file `former`: its file is gone, or another one would be read. Null if it can. */
export function fileProblem(former: string | null, { file }: LoadedConfiguration): string | null {
  if (former === null || file === former) return null;
  // The defaults, or another file, may let in readers that this one keeps out.
  return file === null
    ? `expected ${former} as before, found no configuration file: put it back, or restart to go on without one`
    : `expected ${former} as before, found ${file}: restart to use the other file`;
}

/** The files that are tried if no configuration file is named; the first one that exists is read. */
export function defaultFilesOf({ configFolders }: Terminal): string[] {
  return configFolders.map((folder) => join(folder, 'tmux-exporter', 'config.yml'));
}

function textOf(path: string, reading: FileReading | undefined): string {
  if (reading?.kind === 'read') return reading.text;
  const error = new Error(`${path} ${reading?.problem ?? 'was not read'}`);
  throw reading && isAbsent(reading) ? Object.assign(error, { code: 'ENOENT' }) : error;
}

function isAbsent(reading: FileReading): boolean {
  return reading.kind === 'unreadable' && /\((ENOENT|ENOTDIR)\)$/.test(reading.problem);
}
