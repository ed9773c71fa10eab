import type { Command, Option } from 'commander';

/** A command, and the words that may follow it. */
export interface CommandNode {
  /** The words after the program's name, such as `servers list`; none for the program itself. */
  readonly path: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly commands: readonly CommandNode[];
  /** The possible arguments, if they are a closed set. */
  readonly values: readonly string[];
}

/** A flag, with one of its names. */
export interface Flag {
  /** Including its dashes. */
  readonly name: string;
  readonly description: string;
  /** The value that follows it; null if there is none. */
  readonly value: { readonly choices: readonly string[]; readonly isPath: boolean } | null;
}

/** Reads all commands and flags from the program. The flags of the default command are also the program's. */
export function commandTree(program: Command, defaultCommand: Command): CommandNode {
  const root = nodeOf(program, '');
  const known = new Set(root.flags.map(({ name }) => name));
  return { ...root, flags: [...root.flags, ...flagsOf(defaultCommand).filter(({ name }) => !known.has(name))] };
}

/** Lists a command and all commands below it. */
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
  // The negative form of a flag is hidden in the help, because it is shown together with the positive one.
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
