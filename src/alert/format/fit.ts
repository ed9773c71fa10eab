/** The limit of a text, how its size is measured, and how each character is escaped. */
export interface TextLimit {
  readonly most: number;
  readonly sizeOf?: (text: string) => number;
  /** Escapes a character that is between two others, which are empty at the ends of the text. */
  readonly write?: (character: string, before: string, after: string) => string;
}

const ELLIPSIS = '…';

/** Escapes a text and shortens it to its limit, with an ellipsis if something was left out; no character is cut. The default size is in UTF-16 units, which are never fewer than the characters that a service counts. */
export function fitText(text: string, { most, sizeOf = lengthOf, write = same }: TextLimit): string {
  const characters = Array.from(text);
  const all = characters.map((character, at) => write(character, characters[at - 1] ?? '', characters[at + 1] ?? ''));
  const whole = all.join('');
  if (sizeOf(whole) <= most) return whole;
  let room = most - sizeOf(ELLIPSIS);
  let fitting = '';
  for (const written of all) {
    room -= sizeOf(written);
    if (room < 0) break;
    fitting += written;
  }
  return fitting + ELLIPSIS;
}

/** The size of a text in bytes of UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

function lengthOf(text: string): number {
  return text.length;
}

function same(character: string): string {
  return character;
}
