import { type Command, Option } from 'commander';
import type { Leaf } from './leaf.ts';
import { CONFIG_FILE, LEAVES } from './schema.ts';

/** The sections of the configuration that a hub uses. */
export const HUB_SECTIONS: readonly string[] = ['web', 'feed', 'bus', 'hub', 'log'];

/** Adds a flag for every option, or for those of some sections, grouped by section in the help. No flag has a default, so an option that was not given stays undefined. */
export function addConfigFlags(command: Command, sections: readonly string[] | null = null): Command {
  const { flag, placeholder, description, environment } = CONFIG_FILE;
  const file = new Option(`--${flag} <${placeholder}>`, `${description} (env ${environment})`);
  const leaves = LEAVES.filter(({ path }) => sections === null || sections.includes(path[0] ?? ''));
  const all = [{ flag, options: [file] }, ...leaves.map((leaf) => ({ flag: leaf.flag, options: optionsOf(leaf) }))];
  for (const { flag, options } of all) {
    for (const option of options) command.addOption(option.helpGroup(`${sectionOf(flag)} options:`));
  }
  return command;
}

/** A flag as help and reference show it: `--poll.timeout`, `--[no-]tmux.discover`. */
export function flagText({ flag, option }: Leaf): string {
  return option.kind.form === 'toggle' ? `--[no-]${flag}` : `--${flag}`;
}

function optionsOf(leaf: Leaf): Option[] {
  const { form, placeholder } = leaf.option.kind;
  if (form === 'toggle') return toggleOptions(leaf);
  const option = new Option(`--${leaf.flag} <${placeholder}>`, helpOf(leaf));
  return [form === 'list' ? option.argParser(collect) : option];
}

/** The positive flag comes first: commander would make `true` the default of a lone negative flag. */
function toggleOptions(leaf: Leaf): Option[] {
  const positive = new Option(`--${leaf.flag}`, helpOf(leaf));
  positive.flags = flagText(leaf);
  return [positive, new Option(`--no-${leaf.flag}`).hideHelp()];
}

function helpOf({ option, environment }: Leaf): string {
  const { form, values } = option.kind;
  const notes = [
    ...(form === 'toggle' ? [] : [values]),
    ...(form === 'list' ? ['can be repeated'] : []),
    `default ${option.defaultText}`,
    `env ${environment}`,
  ];
  return `${option.description} (${notes.join('; ')})`;
}

function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function sectionOf(flag: string): string {
  return flag.split('.', 1)[0] ?? flag;
}
