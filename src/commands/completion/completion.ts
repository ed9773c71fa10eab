import type { Command } from 'commander';
import type { Shell } from '../quoting.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { manualPage } from './manual.ts';
import { type CommandNode, commandTree } from './tree.ts';
import { zshCompletion } from './zsh.ts';

const COMPLETIONS: Readonly<Record<Shell, (root: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The program with all its flags, and its default command. */
interface Commands {
  readonly program: Command;
  readonly defaultCommand: Command;
}

/** `completion`: prints what completes our commands in a shell. */
export function printCompletion(command: Command, { program, defaultCommand }: Commands, terminal: Terminal): number {
  const [shell] = command.processedArgs as [Shell];
  terminal.stdout(COMPLETIONS[shell](commandTree(program, defaultCommand)));
  return EXIT.fine;
}

/** `manual`: prints the manual page. Its date can be set for a reproducible build (reproducible-builds.org/specs/source-date-epoch). */
export function printManual(commands: Commands, { env, environment, stdout }: Terminal): number {
  const epoch = env['SOURCE_DATE_EPOCH'];
  const date = epoch && /^\d{1,11}$/.test(epoch) ? new Date(Number(epoch) * 1000) : new Date();
  stdout(manualPage({ ...commands, version: environment.version, date }));
  return EXIT.fine;
}
