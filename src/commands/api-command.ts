import type { Command } from 'commander';
import { type AccessOptions, addAccessOptions, readAccessOptions } from './access-options.ts';
import type { ApiClient } from './api-client.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** What a command does with a running exporter: it gets its words, and gives what is written to stdout. */
export type RunWithApi = (api: ApiClient, ...words: string[]) => Promise<string>;

/** Adds a command to a group, by its usage and its description. */
export type AddApiCommand = (usage: string, description: string, run: RunWithApi) => void;

/** Creates what adds commands that speak to a running exporter. They end with 2 if they were given something the exporter refuses, with 1 if it does not do it. */
export function apiCommandsOf(group: Command, terminal: Terminal, setExitCode: (code: number) => void): AddApiCommand {
  return (usage, description, run) => {
    const command: Command = addAccessOptions(group.command(usage).description(description));
    command.action(async (...given: unknown[]) => {
      const words = given.filter((word) => typeof word === 'string');
      const access = readAccessOptions(command, terminal);
      setExitCode(await report(terminal, access, (api) => run(api, ...words)));
    });
  };
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
    stdout(await run(createApiClient(accessOf(access, terminal))));
    return EXIT.fine;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    stderr(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}
