import type { Command } from 'commander';
import { hasLogin, splitUrls } from '../../core/exporter-url.ts';
import type { AccessFlags } from '../access-options.ts';
import { feedFlags, readFeedOptions } from '../feed-options.ts';
import type { Shell } from '../quoting.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { bashInit } from './bash.ts';
import { fishInit } from './fish.ts';
import type { ShellParts } from './parts.ts';
import { shellFolder } from './shell-options.ts';
import { zshInit } from './zsh.ts';

const INITS: Readonly<Record<Shell, (parts: ShellParts) => string>> = { bash: bashInit, zsh: zshInit, fish: fishInit };

/** `shell-init`: prints the lines that a shell evaluates at its start. */
export async function runShellInit(command: Command, terminal: Terminal): Promise<number> {
  const options = await readFeedOptions(command, terminal);
  if (command.opts<AccessFlags>().url?.flatMap(splitUrls).some(hasLogin))
    throw new UsageError(
      '--url: expected no password in it, anybody may list processes: write the URL into ~/.config/tmux-exporter/client.yml',
    );
  const [shell] = command.processedArgs as [Shell];
  const follower = [...terminal.self, 'shell-follow', ...options.exporterFlags, ...feedFlags(options)];
  terminal.stdout(INITS[shell]({ folder: shellFolder(options, terminal), follower }));
  return EXIT.fine;
}
