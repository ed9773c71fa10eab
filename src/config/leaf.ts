import { isOption, type Option, type OptionTree } from './kind/option.ts';

/** Prefix of the environment variables that configure the exporter. */
export const ENVIRONMENT_PREFIX = 'TMUX_EXPORTER_';

/** Placeholder for a list index in a path. */
export const EACH = '[]';

/** An option with its key, its flag and its environment variable. */
export interface Leaf {
  /** Its keys in the file, outermost first. */
  readonly path: readonly string[];
  /** Its flag without the dashes, such as `web.listen-address`. */
  readonly flag: string;
  /** Its environment variable, such as `TMUX_EXPORTER_WEB_LISTEN_ADDRESS`. */
  readonly environment: string;
  readonly option: Option;
}

/** The options of a tree, in its order. */
export function leavesOf(tree: OptionTree, path: readonly string[] = []): Leaf[] {
  return Object.entries(tree).flatMap(([key, node]) =>
    isOption(node) ? [leafOf([...path, key], node)] : leavesOf(node, [...path, key]),
  );
}

/** The options that only the file can hold: lists of mappings, each followed by the options of its entries. */
export function fileLeavesOf(tree: OptionTree): Leaf[] {
  return leavesOf(tree).flatMap((leaf) => {
    const { entries } = leaf.option;
    return entries ? [leaf, ...leavesOf(entries, [...leaf.path, EACH])] : [];
  });
}

/** The environment variable of a flag. */
export function environmentName(flag: string): string {
  return ENVIRONMENT_PREFIX + flag.replace(/[.-]/g, '_').toUpperCase();
}

function leafOf(path: readonly string[], option: Option): Leaf {
  const flag = option.flag ?? path.join('.').replaceAll('_', '-');
  return { path, flag, environment: environmentName(flag), option };
}
