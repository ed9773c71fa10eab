import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** A matcher of a selector, its value without the quotes. */
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** A selector in an expression. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** The range after it, such as `5m`; null if it has none. */
  readonly range: string | null;
  /** The functions around it, the nearest first. */
  readonly functions: readonly string[];
}

/** Valid values for the variables outside of quotes: Grafana writes a duration or a number there. */
const STAND_INS: Readonly<Record<string, string>> = {
  $__rate_interval: '4m',
  $__interval: '1m',
  $__range: '6h',
  $__from: '1700000000000',
};

/** The stand-ins by the variable that they replace, so that a rule can find out which variable was written. */
export const RATE_INTERVAL = STAND_INS['$__rate_interval'];

/** Writes stand-ins for the variables of Grafana. */
export function withStandIns(expression: string): string {
  return expression.replace(/\$__\w+/g, (variable) => STAND_INS[variable] ?? variable);
}

/** What in an expression does not parse; empty if everything does. */
export function syntaxErrors(expression: string): string[] {
  const text = withStandIns(expression);
  const errors: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from }) => {
      if (type.isError) errors.push(`at ${from}: ${text.slice(Math.max(0, from - 20), from + 20)}`);
    },
  });
  return errors;
}

/** Every selector of an expression. */
export function selectorsOf(expression: string): Selector[] {
  const text = withStandIns(expression);
  const selectors: Selector[] = [];
  parser.parse(text).iterate({
    enter: ({ name, node }) => {
      if (name === 'VectorSelector') selectors.push(selector(node, text));
    },
  });
  return selectors;
}

function selector(node: SyntaxNode, text: string): Selector {
  const metric = node.getChild('Identifier');
  const list = node.getChild('LabelMatchers');
  const range = node.parent?.name === 'MatrixSelector' ? node.parent.getChild('DurationExpr') : null;
  return {
    metric: metric ? textOf(metric, text) : '',
    matchers: (list?.getChildren('UnquotedLabelMatcher') ?? []).map((child) => matcher(child, text)),
    range: range ? textOf(range, text) : null,
    functions: functionsAround(node, text),
  };
}

function matcher(node: SyntaxNode, text: string): Matcher {
  const [label = '', operator = '', quoted = ''] = ['LabelName', 'MatchOp', 'StringLiteral'].map((name) => {
    const child = node.getChild(name);
    return child ? textOf(child, text) : '';
  });
  return { label, operator, value: quoted.slice(1, -1) };
}

function functionsAround(node: SyntaxNode, text: string): string[] {
  const names: string[] = [];
  for (let around = node.parent; around; around = around.parent) {
    const name = around.name === 'FunctionCall' ? around.getChild('FunctionIdentifier') : null;
    if (name) names.push(textOf(name, text));
  }
  return names;
}

function textOf({ from, to }: SyntaxNode, text: string): string {
  return text.slice(from, to);
}
