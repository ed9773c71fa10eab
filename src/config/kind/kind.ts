import * as z from 'zod';
import { parseDuration } from './duration.ts';

/** The values that an option accepts: `Input` in the file, `Output` in the config. */
export interface Kind<Output, Input, Unit extends string = ''> {
  /** The message of each issue completes the phrase "expected …". */
  readonly schema: z.ZodType<Output, Input>;
  /** Suffix of the option's name in the config, such as the `Ms` of `timeoutMs`. */
  readonly unit: Unit;
  /** A toggle's flag takes no value, a list's flag can be repeated. */
  readonly form: 'toggle' | 'single' | 'list';
  /** Placeholder for the value in the help: `duration` in `--poll.timeout <duration>`. */
  readonly placeholder: string;
  /** The values it takes, in brief, for help and reference. */
  readonly values: string;
  /** Converts the text of a flag or variable to the form that the file uses; returns a text without meaning unchanged. */
  readonly read: (text: string) => unknown;
}

/** How help and messages describe a kind of text. */
export interface TextKind {
  readonly placeholder: string;
  readonly values: string;
  /** The same for a message: completes the phrase "expected …". */
  readonly expected: string;
}

/** The kind of a text that `parse` reads; `parse` returns null to refuse it. */
export function parsed<T extends NonNullable<unknown>>(
  { placeholder, values, expected }: TextKind,
  parse: (text: string) => T | null,
): Kind<T, string> {
  const schema = z.string({ error: expected }).transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
  return { schema, unit: '', form: 'single', placeholder, values, read: (text) => text };
}

/** The kind of a text that has to fulfil `isValid`. */
export function text(words: TextKind, isValid: (text: string) => boolean): Kind<string, string> {
  return parsed(words, (value) => (isValid(value) ? value : null));
}

/** The kind of a path that starts at the root. */
export const absolutePath: Kind<string, string> = text(
  { placeholder: 'path', values: 'absolute path', expected: 'an absolute path' },
  (path) => path.startsWith('/') && !path.includes('\0'),
);

/** The kind of a whole number from `least` to `most`. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Kind<number, number> {
  const values = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
  const error = `a whole number, ${values}`;
  const fits = (value: number) => Number.isSafeInteger(value) && value >= least && value <= most;
  const schema = z.number({ error }).refine(fits, { error });
  const read = (value: string) => (/^-?\d+$/.test(value) ? Number(value) : value);
  return { schema, unit: '', form: 'single', placeholder: 'number', values, read };
}

/** The kind of a time span from `least` to `most`, written like `1h30m` and held in milliseconds. */
export function duration(least: string, most: string): Kind<number, string, 'Ms'> {
  const leastMs = parseDuration(least) ?? Number.NaN;
  const mostMs = parseDuration(most) ?? Number.NaN;
  const words: TextKind = {
    placeholder: 'duration',
    values: `${least} to ${most}`,
    expected: `a duration such as 90s or 1h30m, ${least} to ${most}`,
  };
  const parse = (value: string) => {
    const ms = parseDuration(value);
    return ms !== null && ms >= leastMs && ms <= mostMs ? ms : null;
  };
  return { ...parsed(words, parse), unit: 'Ms' };
}

/** The kind of one word among a few. */
export function choice<const T extends string>(placeholder: string, words: readonly T[]): Kind<T, T> {
  const values = words.join(', ');
  const schema = z.enum(words, { error: `one of ${values}` });
  return { schema, unit: '', form: 'single', placeholder, values, read: (value) => value };
}

/** The kind of a switch that is on or off. */
export const toggle: Kind<boolean, boolean> = {
  schema: z.boolean({ error: 'true or false' }),
  unit: '',
  form: 'toggle',
  placeholder: '',
  values: 'true, false',
  read: (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
};

/** The kind of `item`, or of null if nothing is set. */
export function orNull<Output, Input, Unit extends string>(
  item: Kind<Output, Input, Unit>,
): Kind<Output | null, Input | null, Unit> {
  return { ...item, schema: item.schema.nullable() };
}

/** The kind of any number of `item`. */
export function listOf<Output, Input>(item: Kind<Output, Input>): Kind<readonly Output[], readonly Input[]> {
  return { ...item, schema: z.array(item.schema, { error: 'a list' }).readonly(), form: 'list' };
}

/** The kind of a list of which an empty one would be a mistake. */
export function filledListOf<Output, Input>(item: Kind<Output, Input>): Kind<readonly Output[], readonly Input[]> {
  const list = listOf(item);
  const error = 'a list with at least one entry';
  return { ...list, schema: list.schema.refine((entries) => entries.length > 0, { error }) };
}
