import { quotePosix } from '../quoting.ts';
import { pathsOf } from './bash.ts';
import { type CommandNode, flatten } from './tree.ts';

/** The completion script for zsh: to be evaluated after `compinit`, or stored in a folder of `fpath`. */
export function zshCompletion(root: CommandNode): string {
  const nodes = flatten(root);
  return `#compdef tmux-exporter
_tmux_exporter() {
  local where= previous=\${words[CURRENT-1]} i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    case "\${where:+$where }\${words[i]}" in
      ${pathsOf(nodes)}) where="\${where:+$where }\${words[i]}" ;;
    esac
  done
  if [[ \${words[CURRENT]} == --*=* ]]; then
    previous=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case "$where:$previous" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$where" in
${nodes.map((node) => `    ${quotePosix(node.path)}) items=(${itemsOf(node).map(quotePosix).join(' ')}) ;;`).join('\n')}
  esac
  _describe tmux-exporter items
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _tmux_exporter "$@"; else compdef _tmux_exporter tmux-exporter; fi
`;
}

function valueCases({ path, flags }: CommandNode): string[] {
  return flags.flatMap(({ name, value }) => {
    if (value === null) return [];
    const offered = value.isPath ? '_files' : `compadd -- ${value.choices.map(quotePosix).join(' ')}`;
    return [`    ${quotePosix(`${path}:${name}`)}) ${offered}; return ;;`];
  });
}

/** The items to offer, each followed by a colon and its description. */
function itemsOf({ commands, values, path, flags }: CommandNode): string[] {
  return [
    ...commands.map((child) => `${child.path.slice(path.length).trim()}:${child.description}`),
    ...values,
    ...flags.map(({ name, description }) => `${name}:${description}`),
  ];
}
