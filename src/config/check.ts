import type { z } from 'zod';
import { keysAt, meantBy } from './known-keys.ts';
import { EACH, type Leaf } from './leaf.ts';
import { type Path, type Problem, type Source, valueText } from './problem.ts';

/** A schema to check a value against, and where each part of the value was given. */
export interface Check {
  readonly schema: z.ZodType;
  /** All options: they show what is secret, and where a misplaced key belongs. */
  readonly leaves: readonly Leaf[];
  /** The path of the value in the configuration. */
  readonly root: Path;
  /** Where the key or the value at a path was given. */
  readonly sourceOf: (path: Path, part: 'key' | 'value') => Source;
}

/** Finds every problem of a value in the form that the file uses. */
export function check(value: unknown, { schema, leaves, root, sourceOf }: Check): Problem[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.filter(isCause).flatMap((issue): Problem[] => {
    const path = [...root, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => unknownKey([...path, key], known, leaves, sourceOf));
    }
    const found = foundText(valueAt(value, issue.path), isSecret(path, leaves));
    return [{ kind: 'bad_value', source: sourceOf(path, 'value'), path, expected: issue.message, found }];
  });
}

/** The contents of a list or a mapping are never shown. */
function foundText(value: unknown, isSecret: boolean): string {
  const isPlain = value === undefined || (typeof value === 'object' && value !== null);
  return isSecret && !isPlain ? 'something else (it is secret)' : valueText(value);
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

/** A misspelt key also makes its mapping incomplete. Only the key is reported. */
function isCause({ code, path }: z.core.$ZodIssue, _index: number, issues: readonly z.core.$ZodIssue[]): boolean {
  if (code !== 'custom') return true;
  const place = path.join('\n');
  return !issues.some((other) => other.code === 'unrecognized_keys' && other.path.join('\n') === place);
}

function isSecret(place: Path, leaves: readonly Leaf[]): boolean {
  const path = place.map((step) => (typeof step === 'number' ? EACH : step));
  return leaves.some((leaf) => leaf.option.secret && (startsWith(path, leaf.path) || startsWith(leaf.path, path)));
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
