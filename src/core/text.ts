const SECONDS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A time span for a person: its two largest units, such as `3 d 4 h`, `2 min 5 s` or `0 s`. */
export function spanText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of SECONDS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** The message of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `1 session`, `2 sessions`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `names`, and how many more there are: `a, b and 3 more`. */
export function listText(names: readonly string[], total = names.length): string {
  const more = total - names.length;
  const shown = names.join(', ');
  if (more <= 0) return shown;
  return shown === '' ? `${more}` : `${shown} and ${more} more`;
}

// C0, DEL, C1, and what reorders, hides or fills without being seen: none of it may reach a person's screen through a name.
// Variation selectors stay: an emoji has them.
const UNPRINTABLE =
  /[[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\ufe00-\ufe0f]]/gv;

/** `text` on one line, with every control character, invisible character and unpaired surrogate replaced, so that it is safe in a terminal and in a log. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, '\ufffd');
}

/** The same for a text of several lines, which it leaves. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON that means the same, and is safe in a terminal: what is not {@link printable} is written as an escape. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) =>
    [...Array(character.length).keys()].map((at) => escapeOf(character.charCodeAt(at))).join(''),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** The first names that fit, each shortened to `longest` characters, all of them within `bytes` of JSON. */
export function fitNames(names: Iterable<string>, most: number, longest: number, bytes: number): string[] {
  const fitting: string[] = [];
  let used = 0;
  for (const name of names) {
    const short = shorten(printable(name), longest);
    used += jsonBytes(short) + 1;
    if (fitting.length === most || used > bytes) break;
    fitting.push(short);
  }
  return fitting;
}

/** `text` cut to `longest` characters. If it was cut, the last one is an ellipsis. */
export function shorten(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

/**
 * Quotes `text` as one word of a shell, so that a command that a person copies cannot run anything from a name.
 * A backslash is quoted outside the quotes, because fish reads `\'` inside them as a quote.
 */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/['\\]/g, `'\\$&'`)}'`;
}

/** What stands in HTML for the characters that mean something there, in elements and in quoted attributes. */
export const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** How many bytes a text has in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function jsonBytes(text: string): number {
  return byteLength(JSON.stringify(text));
}

/** A time in Unix milliseconds as events, messages and the API show it: RFC 3339, in UTC. */
export function timeText(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

/** Whether {@link timeText} can show a time: RFC 3339 has years of four digits. */
export function isShowable(unixMs: number): boolean {
  return unixMs >= FIRST_TIME_MS && unixMs <= LAST_TIME_MS;
}

const FIRST_TIME_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Decodes a percent-encoded text, such as a password in a URL. A text that is not encoded stays as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
