import type { Command } from 'commander';
import { errorText, printable, printableLines } from '../core/text.ts';
import { type AccessOptions, addAccessOptions } from './access-options.ts';
import type { ApiClient } from './api-client.ts';
import { readExporter } from './exporters.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The work of a command on a running exporter. It takes the words of the command line, and returns the text for stdout. */
export type RunWithApi = (api: ApiClient, ...words: string[]) => Promise<string>;

/** Adds a command to a group, with its usage and its description, and returns it. */
export type AddApiCommand = (usage: string, description: string, run: RunWithApi) => Command;

/** Creates a function that adds commands for a running exporter. They exit with 2 if the exporter calls the request invalid, and with 1 if it fails otherwise. */
export function apiCommandsOf(group: Command, terminal: Terminal, setExitCode: (code: number) => void): AddApiCommand {
  return (usage, description, run) => {
    const command: Command = addAccessOptions(group.command(usage).description(description), 'one');
    command.action(async (...given: unknown[]) => {
      const words = given.filter((word) => typeof word === 'string');
      const access = await readExporter(command, terminal);
      setExitCode(await report(terminal, access, (api) => run(api, ...words)));
    });
    return command;
  };
}

/** Whether an API does not have what was asked for. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'not_found';
}

async function report(
  terminal: Terminal,
  access: AccessOptions,
  run: (api: ApiClient) => Promise<string>,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const { createApiClient } = await import('./api-client.ts');
  const { accessOf } = await import('./access.ts');
  try {
    const client = createApiClient(accessOf(access, terminal, (reason) => stderr(`${printable(reason)}\n`)));
    stdout(printableLines(await run(client)));
    return EXIT.fine;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    stderr(`${printable(errorText(error))}\n`);
    return EXIT.failed;
  }
}
