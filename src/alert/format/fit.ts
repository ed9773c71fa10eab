/** The limits of a text: how much of it there may be, how it is measured, and how each character is written. */
export interface TextLimit {
  readonly most: number;
  readonly sizeOf?: (text: string) => number;
  /** Writes a character that stands between two others; those are empty at the ends of the text. */
  readonly write?: (character: string, before: string, after: string) => string;
}

const ELLIPSIS = '…';

/** As much of a text as fits, its characters escaped and none of them cut, with an ellipsis where something was left out. Measured in UTF-16 units unless told otherwise: services that count characters count no more than these. */
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
