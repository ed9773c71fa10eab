import { printable } from '../../core/text.ts';

const LONGEST_HOST = 255;
const RFC3339 = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/;

/** Whether a value is one of `words`. */
export function isOneOf<T extends string>(words: readonly T[], value: unknown): value is T {
  return (words as readonly unknown[]).includes(value);
}

/** Whether a value is a time in RFC 3339, in UTC. */
export function isTime(value: unknown): value is string {
  return typeof value === 'string' && RFC3339.test(value);
}

/** Whether a value is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether a value is a text. */
export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Whether a value can be the name of a machine. */
export function isHostName(value: unknown): value is string {
  return isLine(value, LONGEST_HOST);
}

/** Whether a value is a text of 1 to `longest` characters that is safe on a terminal. */
export function isLine(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest && printable(value) === value;
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

/** Whether a value is null, or passes. */
export function isNullOr<T>(passes: (value: unknown) => value is T, value: unknown): value is T | null {
  return value === null || passes(value);
}
