import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import type { Environment } from '../../app/environment.ts';
import { machineFolder, programFolder } from '../../app/machine-folder.ts';
import { shownUrl } from '../../core/exporter-url.ts';
import { addFeedOptions, type FeedOptions, feedKind } from '../feed-options.ts';
import { SHELLS } from '../quoting.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `
One line in the start file of the shell:
  ~/.bashrc                    eval "$(tmux-exporter shell-init bash)"
  ~/.zshrc                     eval "$(tmux-exporter shell-init zsh)"
  ~/.config/fish/config.fish   tmux-exporter shell-init fish | source

All shells of a user share one follower. It ends within seconds of the last
shell.`;

/** The command line of `shell-init`. */
export function createShellInitCommand(): Command {
  const command = new Command('shell-init').description(
    'print the lines that show notices above the prompt of a shell',
  );
  return addFeedOptions(command, 'warning')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', HELP);
}

const COMPLETION_HELP = `
One line in the start file of the shell:
  ~/.bashrc                    eval "$(tmux-exporter completion bash)"
  ~/.zshrc                     eval "$(tmux-exporter completion zsh)"
                               (after compinit)
  ~/.config/fish/config.fish   tmux-exporter completion fish | source`;

/** The command line of `completion`. */
export function createCompletionCommand(): Command {
  return new Command('completion')
    .description('print the completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', COMPLETION_HELP);
}

/** The command line of `shell-follow`, which the shells start. */
export function createShellFollowCommand(): Command {
  return addFeedOptions(
    new Command('shell-follow').description('follow the feed for all shells of the user'),
    'warning',
  );
}

/** The folder for the notices of this feed, for the shells of a user on this machine. */
export function shellFolder(options: FeedOptions, { environment }: Terminal): string {
  return join(machineFolder(environment), shellName(options, environment));
}

/** The same folder in older versions. */
export function formerShellFolder(options: FeedOptions, { environment }: Terminal): string {
  return join(programFolder(environment), shellName(options, environment));
}

/** The file of the cursor of an exporter, in that folder. */
export function stateName(url: string, { exporters }: FeedOptions): string {
  return exporters.length === 1 ? 'state.json' : `state-${hashOf(shownUrl(url))}.json`;
}

function shellName(options: FeedOptions, environment: Environment): string {
  const urls = options.exporters.map(({ url }) => shownUrl(url)).sort();
  return `shell-${hashOf(JSON.stringify([environment.hostname, ...urls, ...feedKind(options)]))}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
