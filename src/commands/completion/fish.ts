import { quoteFish } from '../quoting.ts';
import { type CommandNode, type Flag, flatten } from './tree.ts';

/** The completion script for fish: to be sourced, or stored in its folder `completions`. */
export function fishCompletion(root: CommandNode): string {
  const nodes = flatten(root);
  return `function __tmux_exporter_at
    set -l path
    for word in (commandline -opc)[2..-1]
        switch (string trim -- "$path $word")
            case ${nodes.flatMap(({ path }) => (path === '' ? [] : [quoteFish(path)])).join(' ')}
                set path (string trim -- "$path $word")
        end
    end
    test "$path" = "$argv[1]"
end
complete -c tmux-exporter -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, values, flags }: CommandNode): string[] {
  const at = `complete -c tmux-exporter -n ${quoteFish(`__tmux_exporter_at ${quoteFish(path)}`)}`;
  return [
    ...commands.map((child) => `${at} -a ${child.path.slice(path.length).trim()} -d ${quoteFish(child.description)}`),
    ...(values.length > 0 ? [`${at} -a ${quoteFish(values.join(' '))}`] : []),
    ...flags.map((flag) => `${at} ${nameOf(flag)}${takenBy(flag)} -d ${quoteFish(flag.description)}`),
  ];
}

function nameOf({ name }: Flag): string {
  return name.startsWith('--') ? `-l ${quoteFish(name.slice(2))}` : `-s ${name.slice(1)}`;
}

function takenBy({ value }: Flag): string {
  if (value === null) return '';
  return value.isPath ? ' -r -F' : ` -x -a ${quoteFish(value.choices.join(' '))}`;
}
