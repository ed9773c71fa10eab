import type { Command } from 'commander';
import type { Shell } from '../quoting.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { type CommandNode, commandTree } from './tree.ts';
import { zshCompletion } from './zsh.ts';

const COMPLETIONS: Readonly<Record<Shell, (root: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `completion`: prints what completes our commands in a shell. Takes the program with all its flags, and its default command. */
export function printCompletion(
  command: Command,
  { program, defaultCommand }: { program: Command; defaultCommand: Command },
  terminal: Terminal,
): number {
  const [shell] = command.processedArgs as [Shell];
  terminal.stdout(COMPLETIONS[shell](commandTree(program, defaultCommand)));
  return EXIT.fine;
}
