import { flagText } from './flags.ts';
import { EACH, type Leaf } from './leaf.ts';
import { CONFIG_FILE, FILE_LEAVES, LEAVES } from './schema.ts';

const BEGIN = '<!-- config:begin -->';
const END = '<!-- config:end -->';

const HEADER = ['Key', 'Flag', 'Environment variable', 'Values', 'Default', 'Meaning'];

const NOTES = `Without \`--config.file\`, the first of \`$XDG_CONFIG_HOME/tmux-exporter/config.yml\` (\`~/.config\` without the variable) and \`/etc/tmux-exporter/config.yml\` that exists is read, and no other. The log and \`check\` name it. \`docs/config.example.yml\` shows every option.

Flags win over environment variables, and those over the file. Keys with a dot are nested in the file: \`poll.timeout\` is \`timeout\` under \`poll\`. For a list, repeat the flag or part its items by commas in the variable; it replaces the list of a weaker source. An empty variable counts as not set. A duration is whole numbers with the units \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\` and \`y\`, largest first, such as \`1h30m\`.`;

/** The reference of the configuration in Markdown: notes, and a table with a row for every option. */
export function configReference(): string {
  const file = [
    '',
    code(`--${CONFIG_FILE.flag}`),
    code(CONFIG_FILE.environment),
    'a path',
    'see above',
    CONFIG_FILE.description,
  ];
  const rows = [HEADER, HEADER.map(() => '---'), file, ...LEAVES.map(rowOf), ...FILE_LEAVES.map(fileRowOf)];
  return [NOTES, '', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

/** `readme` with the reference between its two markers. Throws where they do not stand there once each, in their order. */
export function replaceReference(readme: string): string {
  const [before, block, ...moreBlocks] = readme.split(BEGIN);
  const [, after, ...moreEnds] = block?.split(END) ?? [];
  if (before === undefined || after === undefined || moreBlocks.length + moreEnds.length > 0 || before.includes(END)) {
    throw new Error(`expected ${BEGIN} and after it ${END}, each once`);
  }
  return `${before}${BEGIN}\n\n${configReference()}\n\n${END}${after}`;
}

function rowOf(leaf: Leaf): string[] {
  return [code(leaf.path.join('.')), code(flagText(leaf)), code(leaf.environment), ...meaningOf(leaf)];
}

/** A list of mappings has neither flag nor variable. */
function fileRowOf(leaf: Leaf): string[] {
  return [code(leaf.path.join('.').replaceAll(`.${EACH}`, EACH)), '', '', ...meaningOf(leaf)];
}

function meaningOf({ option: { kind, defaultText, description } }: Leaf): string[] {
  return [
    escapeMarkdown(kind.form === 'list' ? `list: ${kind.values}` : kind.values),
    defaultText === 'none' ? defaultText : code(defaultText),
    escapeMarkdown(description),
  ];
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*<>[\]|]/g, '\\$&');
}
