import { isObject } from '../../core/json.ts';
import { busProblems, hubProblems } from '../bus-problems.ts';
import {
  checkGiven,
  checkNames,
  type Environment,
  type Flags,
  flagKey,
  type GivenOption,
  optionsFromEnvironment,
  optionsFromFlags,
} from '../given.ts';
import type { Problem, Source } from '../problem.ts';
import { CONFIG_FILE, type Config, configSchema, LEAVES } from '../schema.ts';
import { type FileContent, type NamedFile, readConfigFile, readDefaultFile } from './config-file.ts';

/** The sources of a configuration: flags override the environment, which overrides the file. */
export interface ConfigSources {
  readonly flags: Flags;
  readonly env: Environment;
  /** The text of the file at a path; throws if it cannot be read. */
  readonly readFile: (path: string) => string;
  /** The files that are read if neither a flag nor the environment names one: the first that exists. */
  readonly defaultFiles?: readonly string[];
}

/** A configuration, or all its problems. */
export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly config: Config;
      /** The file it was read from; null for none. */
      readonly file: string | null;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

const VARIABLES = [CONFIG_FILE.environment, ...LEAVES.map((leaf) => leaf.environment)];

/** Loads the configuration. A list replaces the list of a weaker source; a bad value is a problem even if a stronger source overrides it. */
export function loadConfig({ flags, env, readFile, defaultFiles = [] }: ConfigSources): LoadResult {
  const named = namedFile({ flags, env });
  const { file, content } = named
    ? { file: named, content: readConfigFile(named, readFile) }
    : readDefaultFile(defaultFiles, readFile);
  const given = [...optionsFromEnvironment(LEAVES, env), ...optionsFromFlags(LEAVES, flags)];
  const problems = [...content.problems, ...checkNames(VARIABLES, env), ...checkGiven(given, LEAVES)];
  if (problems.length > 0) return { kind: 'invalid', problems };
  const merged = given.reduce((tree, { leaf, value }) => withValue(tree, leaf.path, value), content.value);
  const config = configSchema.parse(merged);
  const { bus, hub } = config;
  const disagreements = [...busProblems(bus), ...hubProblems(hub, bus)].map(({ path, expected, found }): Problem => {
    return { kind: 'bad_value', source: sourceOf(path, given, content), path, expected, found };
  });
  if (disagreements.length > 0) return { kind: 'invalid', problems: disagreements };
  return { kind: 'loaded', config, file: file?.path ?? null };
}

/** Where a value was given that does not go with others. */
function sourceOf(path: readonly string[], given: readonly GivenOption[], content: FileContent): Source {
  const option = given.findLast(({ leaf }) => path.every((key, index) => leaf.path[index] === key));
  return option?.source ?? content.sourceOf(path);
}

/** The file that flags or environment name, and what named it; null if they name none. */
export function namedFile({ flags, env }: Pick<ConfigSources, 'flags' | 'env'>): NamedFile | null {
  const flag = flags[flagKey(CONFIG_FILE.flag)];
  if (typeof flag === 'string') return { path: flag, source: { kind: 'flag', name: `--${CONFIG_FILE.flag}` } };
  const path = env[CONFIG_FILE.environment];
  return path ? { path, source: { kind: 'environment', name: CONFIG_FILE.environment } } : null;
}

function withValue(tree: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const mapping: Readonly<Record<string, unknown>> = isObject(tree) ? tree : {};
  return { ...mapping, [key]: withValue(mapping[key], rest, value) };
}
