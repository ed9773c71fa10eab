/** A byte of a path as text that cannot stand for itself: `\xe9`, or `\x5c` for a backslash that would look like an escape. */
const ESCAPED = /\\x(5c|[89a-f][0-9a-f])/;

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The longest sequence of bytes of one character. */
const CHARACTER_BYTES = 4;

/** A path as text. Bytes that are not UTF-8 are escaped: `/tmp/lat\xe9`. */
export function textOfPath(bytes: Uint8Array): string {
  let text = '';
  const whole = decode(bytes);
  if (whole !== null) return unambiguous(whole);
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    text += character?.text ?? `\\x${bytes[at]?.toString(16)}`;
    at += character?.length ?? 1;
  }
  return text;
}

/** Whether bytes of a path are escaped. */
export function hasEscapes(path: string): boolean {
  return ESCAPED.test(path);
}

/** The path to give to the system for a path as text. */
export function systemPath(text: string): string | Buffer {
  if (!hasEscapes(text)) return text;
  // Every second part is an escaped byte.
  const parts = text.split(ESCAPED);
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 ? 'hex' : 'utf8')));
}

function unambiguous(text: string): string {
  return hasEscapes(text) ? text.replaceAll(/\\(?=x(?:5c|[89a-f][0-9a-f]))/g, '\\x5c') : text;
}

function characterAt(bytes: Uint8Array, at: number): { text: string; length: number } | null {
  for (let length = 1; length <= CHARACTER_BYTES; length++) {
    const text = decode(bytes.subarray(at, at + length));
    if (text !== null) return { text, length };
  }
  return null;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return null;
  }
}
