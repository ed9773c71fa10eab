import * as z from 'zod';
import type { Kind } from './kind.ts';

/** One option of the configuration. */
export interface Option<Value = unknown, Unit extends string = string> {
  /** {@link Kind.schema} with its default. */
  readonly schema: z.ZodType<Value>;
  readonly kind: Omit<Kind<unknown, unknown, Unit>, 'schema'>;
  /** The default in the form that the file uses. */
  readonly default: unknown;
  /** The default as a person writes it. */
  readonly defaultText: string;
  /** The value that the example file shows instead of the default, in the form that the file uses; undefined for none. */
  readonly example: unknown;
  /** What it does, in one or two sentences. */
  readonly description: string;
  /** Name of its flag without the dashes; null to derive it from the key in the file. */
  readonly flag: string | null;
  /** Whether messages must not show the value. With `in_file`, it is the path of a file with a secret: they show nothing that is no path, as it could be the secret. */
  readonly secret: Secrecy;
  /** The options of each entry of a list of mappings, which only the file can hold. Null for every other option. */
  readonly entries: OptionTree | null;
}

type Secrecy = boolean | 'in_file';

/** The properties of an option besides its kind. */
export interface OptionEntry<Input> {
  /** In the form that the file uses. */
  readonly default: NoInfer<Input>;
  /** The text for a default that depends on the machine. */
  readonly defaultText?: string;
  readonly description: string;
  /** The value that the example file shows instead of the default. */
  readonly example?: NoInfer<Input>;
  readonly flag?: string;
  readonly secret?: Secrecy;
  readonly entries?: OptionTree;
}

/** Options by their keys in the file, nested in sections. */
export interface OptionTree {
  readonly [key: string]: Option | OptionTree;
}

/** The config that a tree of options gives: names in camel case, each ending in its unit. */
export type ConfigOf<Tree> = {
  readonly [Key in keyof Tree & string as ConfigName<Key, Tree[Key]>]: Tree[Key] extends Option<infer Value>
    ? Value
    : ConfigOf<Tree[Key]>;
};

type ConfigName<Key extends string, Node> =
  Node extends Option<unknown, infer Unit> ? `${CamelCase<Key>}${Unit}` : CamelCase<Key>;

type CamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Key;

/** An option of a kind. */
export function option<Output, Input, Unit extends string>(
  { schema, ...kind }: Kind<Output, Input, Unit>,
  entry: OptionEntry<Input>,
): Option<Output, Unit> {
  const { description, flag = null, secret = false, entries = null } = entry;
  return {
    schema: z.prefault(schema, () => entry.default),
    kind,
    default: entry.default,
    defaultText: entry.defaultText ?? textOf(entry.default),
    example: entry.example,
    description,
    flag,
    secret,
    entries,
  };
}

/** Whether a node of a tree is an option, not a section. */
export function isOption(node: Option | OptionTree): node is Option {
  return node['schema'] instanceof z.ZodType;
}

/** The schema of a tree: strict, with every default, and giving the config. An empty section counts as left out. */
export function schemaOf<Tree extends OptionTree>(tree: Tree): z.ZodType<ConfigOf<Tree>> {
  const keys = Object.keys(tree);
  const shape = Object.fromEntries(
    Object.entries(tree).map(([key, node]) => [key, isOption(node) ? node.schema : schemaOf(node)]),
  );
  const mapping = z.strictObject(shape, { error: `a mapping with the keys ${keys.join(', ')}` });
  return z
    .preprocess((value) => value ?? {}, mapping)
    .transform((values) => {
      const named = keys.map((key) => [configName(key, tree[key]), values[key]]);
      // The compiler cannot follow names that are computed from keys.
      return Object.fromEntries(named) as ConfigOf<Tree>;
    });
}

function configName(key: string, node: Option | OptionTree | undefined): string {
  const name = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return node && isOption(node) ? name + node.kind.unit : name;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return value === null ? 'none' : String(value);
}
