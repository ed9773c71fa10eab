import { MOST_PATTERNS } from '../core/event/selector.ts';
import { FEED_SCOPES, type FeedScope } from '../core/fleet/feed-scope.ts';
import { FLEET_PATTERN_RULE, isFleetPattern } from '../core/fleet/fleet-name.ts';
import { shorten } from '../core/text.ts';

const DEFAULT_LIMIT = '100';
const MOST_EVENTS = 1_000;
const LONGEST_SHOWN = 80;

/** Which part of a history a request asks for. */
export interface PageQuery {
  /** The id of an event; null to begin at the oldest. */
  readonly after: string | null;
  readonly limit: number;
  /** Null if the reader leaves it to us. */
  readonly scope: FeedScope | null;
  /** Names of exporters in the fleet, or patterns with `*`. An empty list means all. */
  readonly hosts: readonly string[];
}

interface Rule {
  /** The text that follows "expected". */
  readonly expected: string;
  readonly accepts: (value: string) => boolean;
}

/** A bad `after` is found by whoever knows the log. Only `host` may be repeated. */
const RULES: Readonly<Record<string, Rule>> = {
  after: { expected: 'the id of an event', accepts: () => true },
  limit: { expected: `1 to ${MOST_EVENTS}`, accepts: isLimit },
  scope: { expected: `one of ${FEED_SCOPES.join(', ')}`, accepts: (value) => scopeOf(value) !== null },
  host: { expected: FLEET_PATTERN_RULE, accepts: (value) => value.split(',').every(isFleetPattern) },
};

/** Reads what a request asks for, or says what is wrong with it. */
export function readPageQuery(url: string): PageQuery | { readonly problem: string } {
  const params = new URLSearchParams(url.split('?')[1]);
  const hosts = params.getAll('host').flatMap((value) => value.split(','));
  const problem = problemIn(params) ?? tooMany(hosts);
  if (problem !== null) return { problem };
  return {
    after: params.get('after'),
    limit: Number(params.get('limit') ?? DEFAULT_LIMIT),
    scope: scopeOf(params.get('scope')),
    hosts,
  };
}

/** Says what was expected of a parameter, and what was found. */
export function unexpected(name: string, expected: string, found: string): string {
  return `${name}: expected ${expected}, found ${JSON.stringify(shorten(found, LONGEST_SHOWN))}`;
}

function problemIn(params: URLSearchParams): string | null {
  const problems = [...params].map(([name, value]) => problemOf(name, value, params.getAll(name).length));
  return problems.find((problem) => problem !== null) ?? null;
}

function problemOf(name: string, value: string, times: number): string | null {
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (!rule) return unexpected('parameters', `${Object.keys(RULES).join(', ')} (/events has more)`, name);
  if (times > 1 && name !== 'host') return `${name}: expected it once, found it ${times} times`;
  return rule.accepts(value) ? null : unexpected(name, rule.expected, value);
}

function tooMany({ length }: readonly string[]): string | null {
  return length > MOST_PATTERNS ? `host: expected at most ${MOST_PATTERNS}, found ${length}` : null;
}

function isLimit(text: string): boolean {
  return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_EVENTS;
}

function scopeOf(text: string | null): FeedScope | null {
  return FEED_SCOPES.find((scope) => scope === text) ?? null;
}
