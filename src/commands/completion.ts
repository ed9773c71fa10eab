import type { Command } from 'commander';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { type CommandNode, commandTree } from './completion/tree.ts';
import { zshCompletion } from './completion/zsh.ts';
import type { Shell } from './shell/parts.ts';
import { EXIT, type Terminal } from './terminal.ts';

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
