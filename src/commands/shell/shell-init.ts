import type { Command } from 'commander';
import { accessFlags } from '../access-options.ts';
import { type FeedOptions, readFeedOptions } from '../feed-options.ts';
import type { Shell } from '../quoting.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { bashInit } from './bash.ts';
import { fishInit } from './fish.ts';
import type { ShellParts } from './parts.ts';
import { shellFolder } from './shell-options.ts';
import { zshInit } from './zsh.ts';

const INITS: Readonly<Record<Shell, (parts: ShellParts) => string>> = { bash: bashInit, zsh: zshInit, fish: fishInit };

/** `shell-init`: prints the lines that a shell evaluates at its start. */
export async function runShellInit(command: Command, terminal: Terminal): Promise<number> {
  const options = readFeedOptions(command, terminal);
  const [shell] = command.processedArgs as [Shell];
  const follower = [...terminal.self, 'shell-follow', ...flagsOf(options)];
  terminal.stdout(INITS[shell]({ folder: shellFolder(options, terminal), follower }));
  return EXIT.fine;
}

/** The flags that select the same feed and events. */
function flagsOf({ server, type, severity, ...access }: FeedOptions): string[] {
  return [
    ...accessFlags(access),
    ...server.map((name) => `--server=${name}`),
    ...type.map((name) => `--type=${name}`),
    `--severity=${severity}`,
  ];
}
