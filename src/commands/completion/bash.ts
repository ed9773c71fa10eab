import { quotePosix } from '../quoting.ts';
import { type CommandNode, flatten } from './tree.ts';

/** The completion script for bash. It needs no other package. */
export function bashCompletion(root: CommandNode): string {
  const nodes = flatten(root);
  return `_tmux_exporter() {
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
    const offered = value.isPath ? '-f' : `-W ${quotePosix(value.choices.join(' '))}`;
    return [`    ${quotePosix(`${path}:${name}`)}) COMPREPLY=($(compgen ${offered} -- "$cur")); return ;;`];
  });
}

function wordsOf({ commands, values, path, flags }: CommandNode): string[] {
  const names = commands.map((child) => child.path.slice(path.length).trim());
  return [...names, ...values, ...flags.map(({ name }) => name)];
}
