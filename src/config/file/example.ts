import { stringify } from 'yaml';
import { isOption, type Option, type OptionTree } from '../kind/option.ts';
import { OPTIONS } from '../schema.ts';

const WIDTH = 100;

const HEAD = `\
# Every option of tmux-exporter, with its default. None is needed: remove the # in front of what you change.
# A line that begins with # and a space explains; one that begins with # alone is an option.
#
# Without --config.file, the exporter reads $XDG_CONFIG_HOME/tmux-exporter/config.yml (~/.config if the variable is not
# set), otherwise /etc/tmux-exporter/config.yml. "tmux-exporter check" names the file that was read.
# A file with URLs or headers of web hooks contains secrets: chmod 600 it.
`;

/** A complete configuration file in which every option is commented out. It is valid as it is, and with its options uncommented. */
export function configExample(): string {
  const blocks = Object.entries(OPTIONS).map(([key, node]: [string, Option | OptionTree]) =>
    block(key, node).join('\n'),
  );
  return `${HEAD}\n${blocks.join('\n\n')}\n`;
}

/** The lines of an option or a section. The key of a section is not commented out: a section may be empty. */
function block(key: string, node: Option | OptionTree): string[] {
  if (!isOption(node)) {
    const inner = Object.entries(node).flatMap(([name, child]) => block(name, child));
    return [`${key}:`, ...inner.map((line) => `  ${line}`)];
  }
  const { entries } = node;
  return [
    ...explain(node),
    ...(entries ? [`#${key}:`, ...entryOf(entries).map((line) => `#  ${line}`)] : shown(key, node)),
  ];
}

/** One entry of a list of mappings. */
function entryOf(options: OptionTree): string[] {
  const lines = Object.entries(options).flatMap(([key, node]) => entryLines(key, node));
  return ['-', ...lines.map((line) => `  ${line}`)];
}

/** The lines of an option of an entry. Only options without a value stay commented out when the entry is uncommented. */
function entryLines(key: string, node: Option | OptionTree): string[] {
  if (!isOption(node)) {
    const inner = Object.entries(node).flatMap(([name, child]) => entryLines(name, child));
    return [`${key}:`, ...inner.map((line) => `  ${line}`)];
  }
  const lines = shown(key, node);
  return [...explain(node), ...(exampleValue(node) === null ? lines : lines.map((line) => line.slice(1)))];
}

function explain({ kind, description, defaultText, example }: Option): string[] {
  const values = kind.form === 'list' && kind.values !== 'mappings' ? `list: ${kind.values}` : kind.values;
  const notes = example === undefined && defaultText !== 'none' ? values : `${values}; default: ${defaultText}`;
  return wrap(`${description} (${notes})`).map((line) => `# ${line}`);
}

function shown(key: string, option: Option): string[] {
  const value = exampleValue(option);
  const text =
    value === null
      ? ''
      : ` ${stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim()}`;
  return [`#${key}:${text}`];
}

function exampleValue(option: Option): unknown {
  return option.example ?? option.default;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
