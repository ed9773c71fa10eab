import { flagText } from './flags.ts';
import { EACH, type Leaf } from './leaf.ts';
import { CONFIG_FILE, FILE_LEAVES, LEAVES, OPTIONS } from './schema.ts';

const HEADER = ['Key', 'Flag', 'Environment variable', 'Values', 'Default', 'Meaning'];

const NOTES = `Without \`--config.file\`, the exporter reads the first of these files that exists, and no other: \`$XDG_CONFIG_HOME/tmux-exporter/config.yml\` (\`~/.config\` if the variable is not set) and \`/etc/tmux-exporter/config.yml\`. The log and \`check\` name the file that was read.

Flags override environment variables, which override the file. Keys with a dot are nested in the file: \`poll.timeout\` is \`timeout\` under \`poll\`. For a list, repeat the flag, or separate items by commas in the variable. A list replaces the list from a lower-priority source; they are not merged. An empty variable counts as not set. A duration is whole numbers with the units \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\` and \`y\`, largest first, such as \`1h30m\`.`;

/** The reference of the configuration in Markdown: notes, and for each section of the file a heading and a table with a row for every option. */
export function configReference(): string {
  const file = ['', code(`--${CONFIG_FILE.flag}`), code(CONFIG_FILE.environment), 'a path', 'see above'];
  const sections = Object.keys(OPTIONS).map((section) => [
    section,
    [...LEAVES.filter(isIn(section)).map(rowOf), ...FILE_LEAVES.filter(isIn(section)).map(fileRowOf)],
  ]) satisfies [string, string[][]][];
  return [
    NOTES,
    table([[...file, CONFIG_FILE.description]]),
    ...sections.flatMap(([section, rows]) => [`## ${section}`, table(rows)]),
  ].join('\n\n');
}

function isIn(section: string): (leaf: Leaf) => boolean {
  return ({ path }) => path[0] === section;
}

function table(rows: readonly string[][]): string {
  return [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
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
