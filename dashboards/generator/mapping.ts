import { MappingType, SpecialValueMatch, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** The states of a server by the number that the queries give them: each has its own text, so that no colour is needed to tell them apart. */
export const STATES = [
  { code: 0, state: 'pending', color: 'blue' },
  { code: 1, state: 'up', color: 'green' },
  { code: 2, state: 'unresponsive', color: 'orange' },
  { code: 3, state: 'unreachable', color: 'yellow' },
  { code: 4, state: 'gone', color: 'red' },
] as const;

/** The reasons by the severity of their alert: what pages is red, what only informs is blue. */
const REASONS = [
  { reason: 'exited', color: 'blue' },
  { reason: 'crashed', color: 'red' },
  { reason: 'replaced', color: 'light-blue' },
  { reason: 'rebooted', color: 'dark-red' },
  { reason: 'lost', color: 'light-red' },
] as const;

/** From the number of a state to its name. */
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

/** The colours of the reasons by themselves, for series that are named by them. */
export const REASON_SERIES: Readonly<Record<string, string>> = Object.fromEntries(
  REASONS.map(({ reason, color }) => [reason, color]),
);

/** 1 and 0 in words. */
export const YES_NO: ValueMapping[] = texts([
  ['1', 'yes', 'orange'],
  ['0', 'no', 'green'],
]);

/** Whether the configuration in force is the one that is written. */
export const CURRENT: ValueMapping[] = texts([
  ['1', 'current', 'green'],
  ['0', 'refused', 'red'],
]);

/** Whether something worked. */
export const WORKED: ValueMapping[] = texts([
  ['1', 'worked', 'green'],
  ['0', 'failed', 'red'],
]);

/** A 0 in words. */
export function zeroAs(text: string, color: string): ValueMapping[] {
  return texts([['0', text, color]]);
}

/** What was not known in words, since a cell without a value looks like a mistake. */
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
