import type * as z from 'zod';
import { keysAt, meantBy } from './known-keys.ts';
import { EACH, type Leaf } from './leaf.ts';
import { MOST_PROBLEMS, type Path, type Problem, type Source, valueText } from './problem.ts';

/** A schema to check a value against, and the source of each part of the value. */
export interface Check {
  readonly schema: z.ZodType;
  /** All options: they show what is secret, and where a misplaced key belongs. */
  readonly leaves: readonly Leaf[];
  /** The path of the value in the configuration. */
  readonly root: Path;
  /** Where the key or the value at a path was given. */
  readonly sourceOf: (path: Path, part: 'key' | 'value') => Source;
}

/** The problems of a value as the file would hold it: those that are named, and how many more there are. */
export function check(value: unknown, { schema, leaves, root, sourceOf }: Check): Problem[] {
  const faults = causesOf(schema.safeParse(value).error?.issues ?? []).flatMap(faultsOf);
  const named = faults.slice(0, MOST_PROBLEMS).map(({ issue, key }): Problem => {
    const path = [...root, ...issue.path];
    if (key !== null) return unknownKey([...path, key], keysAt(schema, issue.path), leaves, sourceOf);
    const found = foundText(valueAt(value, issue.path), path, leaves);
    return { kind: 'bad_value', source: sourceOf(path, 'value'), path, expected: issue.message, found };
  });
  const count = faults.length - named.length;
  return count === 0 ? named : [...named, { kind: 'omitted', source: sourceOf(root, 'value'), count }];
}

/** One thing that is wrong: an unknown key, or a bad value, of which `key` is null. */
interface Fault {
  readonly issue: z.core.$ZodIssue;
  readonly key: string | null;
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ issue, key })) : [{ issue, key: null }];
}

/** The contents of a list or a mapping are never shown. */
function foundText(value: unknown, place: Path, leaves: readonly Leaf[]): string {
  if (value === undefined || typeof value === 'object') return valueText(value);
  const path = place.map((step) => (typeof step === 'number' ? EACH : step));
  const near = leaves.filter((leaf) => startsWith(path, leaf.path) || startsWith(leaf.path, path));
  if (near.some(({ option }) => option.secret === true)) return 'something else (it is secret)';
  const isHidden = near.some(
    (leaf) => leaf.option.secret === 'in_file' && !(startsWith(path, leaf.path) && isPath(value)),
  );
  return isHidden ? 'something else (it may be secret)' : valueText(value);
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^[/~]/.test(value);
}

function unknownKey(
  path: Path,
  known: readonly string[],
  leaves: readonly Leaf[],
  sourceOf: Check['sourceOf'],
): Problem {
  const meant = meantBy(String(path.at(-1)), known, leaves);
  return { kind: 'unknown_key', source: sourceOf(path, 'key'), path, known, meant };
}

/** A misspelt key makes its mapping incomplete too: only the key is the cause. */
function causesOf(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const misspelt = new Set(
    issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => path.join('\n')),
  );
  return issues.filter(({ code, path }) => code !== 'custom' || !misspelt.has(path.join('\n')));
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => step === path[index]);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (isIndexed(inner) ? inner[step] : undefined), value);
}

function isIndexed(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}
