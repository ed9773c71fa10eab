import * as z from 'zod';
import type { Leaf } from './leaf.ts';
import { nearest } from './nearest.ts';
import type { Path } from './problem.ts';

/** The keys that the mapping at `path` may have; none if there is no mapping. */
export function keysAt(schema: unknown, path: Path): string[] {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) {
    return keysAt(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodPipe) return [...keysAt(schema.in, path), ...keysAt(schema.out, path)];
  const [step, ...rest] = path;
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return step === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(step)], rest);
}

/** Guesses what an unknown key was meant to be: another key of its mapping, or an option in the wrong place. */
export function meantBy(key: string, siblings: readonly string[], leaves: readonly Leaf[]): string | null {
  const sibling = nearest(key, siblings);
  if (sibling !== null) return `"${sibling}"`;
  const named = leaves.find(({ path, flag }) => [path.at(-1), path.join('.'), flag].includes(key));
  if (!named) return null;
  const section = named.path.slice(0, -1).join('.');
  return `"${named.path.at(-1)}" ${section === '' ? 'at the top' : `under "${section}"`}`;
}
