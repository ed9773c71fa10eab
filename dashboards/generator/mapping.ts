import { MappingType, SpecialValueMatch, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** The states of a server by the number that the queries give them. Each has its own text, so that nobody depends on colours. */
export const STATES = [
  { code: 0, state: 'pending', color: 'blue' },
  { code: 1, state: 'up', color: 'green' },
  { code: 2, state: 'unresponsive', color: 'orange' },
  { code: 3, state: 'unreachable', color: 'yellow' },
  { code: 4, state: 'gone', color: 'red' },
] as const;

/** The reasons of deaths by the severity of their alert: red pages, blue only informs. */
const REASONS = [
  { reason: 'exited', color: 'blue' },
  { reason: 'crashed', color: 'red' },
  { reason: 'replaced', color: 'light-blue' },
  { reason: 'rebooted', color: 'dark-red' },
  { reason: 'lost', color: 'light-red' },
] as const;

/** Maps the number of a state to its name. */
export const STATE_NAMES: ValueMapping[] = texts(
  STATES.map(({ code, state, color }) => [String(code), state, color] as const),
);

/** The reasons of deaths, in their colours. */
export const REASON_COLORS: ValueMapping[] = texts(
  REASONS.map(({ reason, color }) => [reason, reason, color] as const),
);

/** The severities of alerts, in their colours. */
export const SEVERITIES: ValueMapping[] = texts([
  ['critical', 'critical', 'red'],
  ['warning', 'warning', 'orange'],
  ['info', 'info', 'blue'],
]);

/** The colours of reasons, for series named by a reason. */
export const REASON_SERIES: Readonly<Record<string, string>> = Object.fromEntries(
  REASONS.map(({ reason, color }) => [reason, color]),
);

/** The states of the hosts of a fleet, in their colours. */
export const HOST_STATES: ValueMapping[] = texts([
  ['present', 'present', 'green'],
  ['silent', 'silent', 'red'],
  ['left', 'left', 'blue'],
]);

/** Whether the last scrape succeeded, in words. */
export const SCRAPED: ValueMapping[] = texts([
  ['1', 'up', 'green'],
  ['0', 'down', 'red'],
]);

/** 1 and 0 in words. */
export const YES_NO: ValueMapping[] = texts([
  ['1', 'yes', 'orange'],
  ['0', 'no', 'green'],
]);

/** Whether the configuration in force is the one on disk, in words. */
export const CURRENT: ValueMapping[] = texts([
  ['1', 'current', 'green'],
  ['0', 'refused', 'red'],
]);

/** Whether something succeeded, in words. */
export const WORKED: ValueMapping[] = texts([
  ['1', 'worked', 'green'],
  ['0', 'failed', 'red'],
]);

/** Shows 0 as a word. */
export function zeroAs(text: string, color: string): ValueMapping[] {
  return texts([['0', text, color]]);
}

/** Shows a missing value as a word, because an empty cell looks like a mistake. */
export function unknownAs(text: string): ValueMapping {
  return {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.NullAndNan, result: { text, index: 99 } },
  };
}

function texts(values: readonly (readonly [value: string, text: string, color: string])[]): ValueMapping[] {
  const options = values.map(([value, text, color], index) => [value, { text, color, index }] as const);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}
