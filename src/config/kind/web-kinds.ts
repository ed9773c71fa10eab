import * as z from 'zod';
import { type Kind, parsed, type TextKind } from './kind.ts';

/** The kind of a text. Numbers and booleans are taken as they are written. */
export const looseText: Kind<string, unknown> = {
  schema: z.preprocess(
    (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
    z.string({ error: 'a text' }),
  ),
  unit: '',
  form: 'single',
  placeholder: 'text',
  values: 'text',
  read: (text) => text,
};

const YES = ['yes', 'Yes', 'YES', 'on', 'On', 'ON'];
const NO = ['no', 'No', 'NO', 'off', 'Off', 'OFF'];

/** The kind of a switch that also accepts the words of YAML 1.1, the version that the exporters of Prometheus read. */
export const looseToggle: Kind<boolean, unknown> = {
  schema: z.preprocess(truthOf, z.boolean({ error: 'true or false' })),
  unit: '',
  form: 'toggle',
  placeholder: '',
  values: 'true, false',
  read: (text) => text,
};

function truthOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (YES.includes(value)) return true;
  return NO.includes(value) ? false : value;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};
const SPANS = /(\d+\.?\d*|\.\d+)(h|ms|m|s|us|\u00b5s|\u03bcs|ns)/g;
const DURATION: TextKind = {
  placeholder: 'duration',
  values: 'duration such as 500ms or 1s; 0 for none',
  expected: 'a duration such as 500ms or 1.5s, or 0',
};

/** The kind of a time span as Go writes it, in milliseconds. A bare number counts nanoseconds, as in Go. */
export const goDuration: Kind<number, unknown, 'Ms'> = {
  ...parsed(DURATION, parseGoDuration),
  schema: z.preprocess(
    (value) => (typeof value === 'number' ? `${value}ns` : value),
    parsed(DURATION, parseGoDuration).schema,
  ),
  unit: 'Ms',
};

function parseGoDuration(text: string): number | null {
  if (text === '0') return 0;
  const spans = [...text.matchAll(SPANS)];
  if (text === '' || spans.map(([span]) => span).join('') !== text) return null;
  return spans.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? 0), 0);
}
