import type { AlertRule } from './alert-rules.ts';

/** A rule with one mistake in it. */
export interface Mutant {
  readonly what: string;
  readonly rule: AlertRule;
}

/** Replaces what a pattern finds, each place by itself; null leaves a place as it is. */
interface Mistake {
  readonly pattern: RegExp;
  readonly by: (found: string, ...groups: string[]) => string | null;
}

const FUNCTIONS: Readonly<Record<string, string>> = {
  max_over_time: 'min_over_time',
  min_over_time: 'max_over_time',
  avg_over_time: 'max_over_time',
  rate: 'increase',
  increase: 'changes',
  changes: 'last_over_time',
  absent: 'count',
};

const OPERATORS: Readonly<Record<string, string>> = {
  '>': '<',
  '>=': '<',
  '==': '!=',
  or: 'and',
  and: 'unless',
  unless: 'and',
  '/': '*',
};

const SEVERITIES: Readonly<Record<string, string>> = { critical: 'info', warning: 'critical', info: 'warning' };

/** Mistakes that are easily made in an expression. */
const MISTAKES: readonly Mistake[] = [
  // A wrong metric, label or value.
  { pattern: /\b(?:tmux_\w+|process_\w+|up)\b/g, by: (name) => `${name}_x` },
  { pattern: /\w+(?=(?:=~|!~|!=|=)")/g, by: (label) => `${label}_x` },
  { pattern: /(?<=")\w+(?=\||")|(?<=\|)\w+/g, by: (value) => `${value}_x` },
  // A wrong function or operator.
  { pattern: /\b[a-z_]+(?=\()/g, by: (name) => FUNCTIONS[name] ?? null },
  { pattern: /\b(?:last|max)_over_time(\([^[]+)\[\w+\](?: offset \w+)?/g, by: (_, inside) => inside },
  { pattern: /\b(?:last|max)_over_time(?=\()/g, by: () => 'increase' },
  { pattern: /(?<=\s)(?:>=?|==|or|and|unless|\/)(?=\s)/g, by: (operator) => OPERATORS[operator] ?? null },
  // A wrong number or duration.
  {
    pattern: /(?<=[ (])\d+(?:\.\d+)?(?=[ )]|$)/gm,
    by: (number) => (number === '0' ? null : String(Number(number) * 3)),
  },
  {
    pattern: /(?<=[ (])\d+(?:\.\d+)?(?=[ )]|$)/gm,
    by: (number) => (number === '0' ? null : String(Number(number) / 3)),
  },
  { pattern: /\[\d+[mhd]\]/g, by: () => '[10s]' },
  { pattern: / offset \d+m/g, by: () => '' },
];

/** All mutants of a rule. */
export function mutantsOf(rule: AlertRule): Mutant[] {
  return [...inExpression(rule), ...withoutTime(rule), ofSeverity(rule)];
}

function inExpression(rule: AlertRule): Mutant[] {
  return MISTAKES.flatMap(({ pattern, by }) =>
    [...rule.expr.matchAll(pattern)].flatMap((match) => {
      const [found] = match;
      const replacement = by(found, ...match.slice(1));
      if (replacement === null) return [];
      const expr = rule.expr.slice(0, match.index) + replacement + rule.expr.slice(match.index + found.length);
      return [{ what: `${found} at ${match.index} becomes ${replacement}`, rule: { ...rule, expr } }];
    }),
  );
}

function withoutTime(rule: AlertRule): Mutant[] {
  const { for: held, keep_firing_for: kept, ...timeless } = rule;
  const mutants: Mutant[] = [];
  if (held !== undefined)
    mutants.push(
      { what: 'no for', rule: kept === undefined ? timeless : { ...timeless, keep_firing_for: kept } },
      { what: 'for of 2h', rule: { ...rule, for: '2h' } },
    );
  if (kept !== undefined) mutants.push({ what: 'no keep_firing_for', rule: { ...timeless, for: held ?? '0s' } });
  return mutants;
}

function ofSeverity(rule: AlertRule): Mutant {
  const severity = SEVERITIES[rule.labels['severity'] ?? ''] ?? '';
  return { what: `severity ${severity}`, rule: { ...rule, labels: { ...rule.labels, severity } } };
}
