import { join } from 'node:path';
import type { Command } from 'commander';
import type { ExporterEntry } from '../config/entry/exporter-entry.ts';
import { type FileReading, modeText } from '../core/file.ts';
import { shellWord } from '../core/text.ts';
import { type AccessFlags, CLIENT_FILE } from './access-options.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const MOST_BYTES = 1_048_576;

/** What a command needs to find the file. */
export type ClientFileTerminal = Pick<Terminal, 'env' | 'configFolders'> & {
  readonly environment: Pick<Terminal['environment'], 'readFile'>;
};

/** Reads the client configuration file that a flag or the environment names, otherwise the first that exists. Gives its exporters; none if there is no file. Rejects with a {@link UsageError}. */
export async function readClientFile(
  command: Command,
  terminal: ClientFileTerminal,
): Promise<readonly ExporterEntry[]> {
  const { env, configFolders } = terminal;
  const named = command.opts<AccessFlags>().clientFile || env[CLIENT_FILE.variable];
  const paths = named ? [named] : configFolders.map((folder) => join(folder, 'tmux-exporter', 'client.yml'));
  for (const path of paths) {
    const reading = await terminal.environment.readFile(path, MOST_BYTES);
    if (reading.kind === 'read') return exportersIn(path, reading);
    if (named || !/\((ENOENT|ENOTDIR)\)$/.test(reading.problem)) refuse(`${path} ${reading.problem}`);
  }
  return [];
}

async function exportersIn(
  path: string,
  reading: Extract<FileReading, { kind: 'read' }>,
): Promise<readonly ExporterEntry[]> {
  // Loaded only if there is a file: every shell would wait for it.
  const { readClientFile: readText } = await import('../config/file/client-file.ts');
  const content = readText(path, reading.text);
  if (content.kind === 'invalid') {
    const { formatProblems } = await import('../config/problem.ts');
    return refuse(formatProblems(content.problems));
  }
  refuseMode(path, reading.mode, content.isSecret);
  return content.exporters;
}

/** Whoever writes the file can have our token sent elsewhere. */
function refuseMode(path: string, mode: number, isSecret: boolean): void {
  const has = `${path} has mode ${modeText(mode)}`;
  if (isSecret && (mode & 0o027) !== 0)
    refuse(`${has}, expected 0600 or 0640, because a URL in it holds a password: run chmod 600 ${shellWord(path)}`);
  if ((mode & 0o022) !== 0)
    refuse(`${has}, expected that only its owner can write it: run chmod go-w ${shellWord(path)}`);
}

function refuse(message: string): never {
  throw new UsageError(message);
}
