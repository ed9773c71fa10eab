/** The most server names or patterns in one request to the feed. */
export const MOST_PATTERNS = 32;

/** The rule for patterns of server names, as text that follows "expected". */
export const PATTERN_RULE = 'the name of a server, or a pattern with * for any characters';

const PATTERN = /^[A-Za-z0-9_.@+*/-]{1,200}$/;
const SPAN = /^(\d{1,6})([smhd])$/;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Whether a text is a server name, or a pattern for server names. */
export function isServerPattern(text: string): boolean {
  return PATTERN.test(text);
}

/** How far back a reader of the feed begins: at the oldest kept event, or some milliseconds ago. */
export type Since = { readonly kind: 'all' } | { readonly kind: 'span'; readonly ms: number };

/** The rule for {@link parseSince}, as text that follows "expected". */
export const SINCE_RULE = 'a time span such as 90s, 10m, 12h, 7d, or all';

/** Reads `all`, or a span such as `10m`; null for anything else. */
export function parseSince(text: string): Since | null {
  if (text === 'all') return { kind: 'all' };
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? null : { kind: 'span', ms: Number(count) * unitMs };
}
