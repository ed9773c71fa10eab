import { ENVIRONMENT_PREFIX, type Leaf } from './leaf.ts';
import { nearest } from './nearest.ts';
import type { Problem, Source } from './problem.ts';
import { check } from './value-check.ts';

/** The options that commander parsed, by its keys: texts, lists of texts, and toggles. */
export type Flags = Readonly<Record<string, unknown>>;

/** The environment of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An option given outside the file. */
export interface GivenOption {
  readonly leaf: Leaf;
  /** In the form that the file uses. */
  readonly value: unknown;
  readonly source: Source;
}

/** The options given by flags. */
export function optionsFromFlags(leaves: readonly Leaf[], flags: Flags): GivenOption[] {
  return leaves.flatMap((leaf) => {
    const given = flags[flagKey(leaf.flag)];
    if (given === undefined) return [];
    const value = Array.isArray(given) ? given.map((item) => read(leaf, item)) : read(leaf, given);
    return [{ leaf, value, source: { kind: 'flag', name: `--${leaf.flag}` } }];
  });
}

/** The options given by environment variables. An empty variable counts as not set; commas separate the items of a list. */
export function optionsFromEnvironment(leaves: readonly Leaf[], environment: Environment): GivenOption[] {
  return leaves.flatMap((leaf) => {
    const text = environment[leaf.environment];
    if (text === undefined || text === '') return [];
    const value = leaf.option.kind.form === 'list' ? itemsOf(text).map((item) => read(leaf, item)) : read(leaf, text);
    return [{ leaf, value, source: { kind: 'environment', name: leaf.environment } }];
  });
}

/** Finds every problem of the options given outside the file. */
export function checkGiven(given: readonly GivenOption[], leaves: readonly Leaf[]): Problem[] {
  return given.flatMap(({ leaf, value, source }) =>
    check(value, { schema: leaf.option.schema, leaves, root: leaf.path, sourceOf: () => source }),
  );
}

/** Finds misspelt variables. Only near misses are reported: for a service called tmux-exporter, Kubernetes sets `TMUX_EXPORTER_PORT` and more. */
export function checkNames(known: readonly string[], environment: Environment): Problem[] {
  return Object.keys(environment).flatMap((name): Problem[] => {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || known.includes(name)) return [];
    const meant = nearest(name, known);
    if (meant === null) return [];
    return [{ kind: 'unknown_key', source: { kind: 'environment', name }, path: [], known, meant }];
  });
}

/** The key under which commander keeps the value of a flag: `web.listenAddress` for `web.listen-address`. */
export function flagKey(flag: string): string {
  return flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function read({ option }: Leaf, given: unknown): unknown {
  return typeof given === 'string' ? option.kind.read(given) : given;
}

function itemsOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
