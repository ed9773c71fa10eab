import { quotePosix } from '../quoting.ts';
import { type CommandNode, flatten } from './tree.ts';

/** The completion script for bash. It needs no other package. */
export function bashCompletion(root: CommandNode): string {
  const nodes = flatten(root);
  return `# One line is one file, whose name may have blanks. bash 3.2 has neither mapfile nor compopt.
_tmux_exporter_files() {
  local file=
  COMPREPLY=()
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$1")
  type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
}
_tmux_exporter() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= words= i
  # bash takes "--flag=value" for three words.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${pathsOf(nodes)}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path:$prev" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${nodes.map((node) => `    ${quotePosix(node.path)}) words=${quotePosix(wordsOf(node).join(' '))} ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _tmux_exporter tmux-exporter
`;
}

/** The paths of commands, as a pattern for `case`. */
export function pathsOf(nodes: readonly CommandNode[]): string {
  return nodes.flatMap(({ path }) => (path === '' ? [] : [quotePosix(path)])).join('|');
}

function valueCases({ path, flags }: CommandNode): string[] {
  return flags.flatMap(({ name, value }) => {
    if (value === null) return [];
    const offer = value.isPath
      ? '_tmux_exporter_files "$cur"'
      : `COMPREPLY=($(compgen -W ${quotePosix(value.choices.join(' '))} -- "$cur"))`;
    return [`    ${quotePosix(`${path}:${name}`)}) ${offer}; return ;;`];
  });
}

function wordsOf({ commands, values, path, flags }: CommandNode): string[] {
  const names = commands.map((child) => child.path.slice(path.length).trim());
  return [...names, ...values, ...flags.map(({ name }) => name)];
}
