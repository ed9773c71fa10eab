import type { Command, Option } from 'commander';

/** A command as it is typed, and what may follow it. */
export interface CommandNode {
  /** The words after the program's name, such as `servers list`; none for the program itself. */
  readonly path: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly commands: readonly CommandNode[];
  /** What its arguments may be, where that is a closed set. */
  readonly values: readonly string[];
}

/** A flag, by one of its names. */
export interface Flag {
  /** With its dashes. */
  readonly name: string;
  readonly description: string;
  /** What follows it; null if nothing does. */
  readonly value: { readonly choices: readonly string[]; readonly isPath: boolean } | null;
}

/** What can be typed, read from the commands themselves. The default command's flags are the program's, too. */
export function commandTree(program: Command, defaultCommand: Command): CommandNode {
  const root = nodeOf(program, '');
  const known = new Set(root.flags.map(({ name }) => name));
  return { ...root, flags: [...root.flags, ...flagsOf(defaultCommand).filter(({ name }) => !known.has(name))] };
}

/** A command and all below it. */
export function flatten(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

function nodeOf(command: Command, path: string): CommandNode {
  const visible = command.createHelp().visibleCommands(command);
  return {
    path,
    description: command.description(),
    flags: flagsOf(command),
    commands: visible
      .filter((child) => child.name() !== 'help')
      .map((child) => nodeOf(child, `${path} ${child.name()}`.trim())),
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

function flagsOf(command: Command): Flag[] {
  // The negative form of a flag is hidden in the help, where it stands beside the positive one.
  const options = command.options.filter(({ hidden, negate }) => negate || !hidden);
  const help = command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => !command.options.includes(option));
  return [...options, ...help].flatMap((option) => {
    const names = [option.long, option.short].filter((name) => name !== undefined);
    return names.map((name) => ({ name, description: firstSentence(option.description), value: takenBy(option) }));
  });
}

function takenBy({ required, optional, flags, argChoices }: Option): Flag['value'] {
  if (!(required || optional)) return null;
  return { choices: argChoices ?? [], isPath: /<(path|folder)>/.test(flags) };
}

function firstSentence(text: string): string {
  return text.split(/\.? \(|\. /, 1)[0] ?? text;
}
