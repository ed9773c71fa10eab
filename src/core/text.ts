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

// C0, DEL, C1, and marks that reorder or hide text. None of them may reach a screen through a name.
// biome-ignore lint/suspicious/noControlCharactersInRegex: it has to match control characters
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** `text` with every control character and unpaired surrogate replaced, safe for a terminal and a log. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, '\ufffd');
}

/** The first names that fit: at most `most`, each shortened to `longest` characters, all within `bytes` bytes of JSON. */
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

function jsonBytes(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).length;
}
