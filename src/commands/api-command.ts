import type { Command } from 'commander';
import type { ApiClient } from './api-client.ts';
import { urlOf, urlOption } from './feed-options.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** What a command does with a running exporter: it gets its words, and gives what is written to stdout. */
export type RunWithApi = (api: ApiClient, ...words: string[]) => Promise<string>;

/** Adds a command to a group, by its usage and its description. */
export type AddApiCommand = (usage: string, description: string, run: RunWithApi) => void;

/** Creates what adds commands that speak to a running exporter. They end with 2 if they were given something the exporter refuses, with 1 if it does not do it. */
export function apiCommandsOf(group: Command, terminal: Terminal, setExitCode: (code: number) => void): AddApiCommand {
  return (usage, description, run) => {
    const command: Command = group.command(usage).description(description).addOption(urlOption());
    command.action(async (...given: unknown[]) => {
      const words = given.filter((word) => typeof word === 'string');
      const url = urlOf(command, terminal);
      setExitCode(await report(terminal, url, (api) => run(api, ...words)));
    });
  };
}

async function report(
  { stdout, stderr }: Terminal,
  url: string,
  run: (api: ApiClient) => Promise<string>,
): Promise<number> {
  const { createApiClient } = await import('./api-client.ts');
  try {
    stdout(await run(createApiClient(url)));
    return EXIT.fine;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    stderr(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}
