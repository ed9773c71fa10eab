import type { Marker } from './query.ts';

/** Output that is not what a query of ours is answered with: the message says what was expected and what was found. */
export class GarbledOutput extends Error {}

/** The texts of all records of one answer by their letters, each in the order of the answer. */
export class Records {
  readonly #texts = new Map<string, string[]>();

  /** Throws {@link GarbledOutput} where something else than records is found. */
  constructor(output: string, marker: Marker) {
    const [before = '', ...chunks] = output.split(marker);
    if (before !== '') throw new GarbledOutput(`expected a record first, found ${quoted(before)}`);
    for (const chunk of chunks) this.#add(chunk);
  }

  /** The records of a letter; none where it was not asked for. */
  of(letter: string): readonly string[] {
    return this.#texts.get(letter) ?? [];
  }

  /** The records of a letter that stand beside those of another one; none where it was not asked for. */
  beside(letter: string, main: string): readonly string[] {
    const texts = this.of(letter);
    const wanted = this.of(main).length;
    if (texts.length === 0 || texts.length === wanted) return texts;
    throw new GarbledOutput(`expected ${wanted} records "${letter}", found ${texts.length}`);
  }

  #add(chunk: string): void {
    if (!RECORD.test(chunk)) throw new GarbledOutput(`expected a record, found ${quoted(chunk)}`);
    const letter = chunk.slice(0, 1);
    // Only a record that ends a line has a newline of tmux: any other one belongs to a name. No name of a session holds one.
    const text = chunk.slice(2, ENDS_LINE.test(chunk) && chunk.endsWith('\n') ? -1 : undefined);
    const sameLetter = this.#texts.get(letter);
    if (sameLetter) sameLetter.push(text);
    else this.#texts.set(letter, [text]);
  }
}

/** A record begins with one of the letters of the query. */
const RECORD = /^[hsgkecvwqtdp] /;
const ENDS_LINE = /^[hcp]/;

/** Of at most twelve digits: as seconds that is still a time that a date can hold. */
const INTEGER = /^\d{1,12}$/;

/** Bytes can be more than that. */
const BYTES = /^\d{1,15}$/;

/** The first `count - 1` fields, and all the rest as the last: that one is free text. */
export function fieldsOf(text: string, count: number): string[] {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < count - 1) {
    const space = text.indexOf(' ', from);
    if (space < 0) throw new GarbledOutput(`expected ${count} fields, found ${quoted(text)}`);
    fields.push(text.slice(from, space));
    from = space + 1;
  }
  return [...fields, text.slice(from)];
}

/** Reads an id such as `$1`. */
export function identifier(text: string, sigil: string): string {
  if (!text.startsWith(sigil) || !INTEGER.test(text.slice(1))) {
    throw new GarbledOutput(`expected an id such as ${sigil}1, found ${quoted(text)}`);
  }
  return text;
}

/** Reads a number. */
export function integer(text: string, field: string): number {
  if (!INTEGER.test(text)) throw new GarbledOutput(`expected a number as ${field}, found ${quoted(text)}`);
  return Number(text);
}

/** Reads a number that a server has nothing to say about where it does not apply, or where it is too old: null then. */
export function integerOrNull(text: string, field: string): number | null {
  return text === '' ? null : integer(text, field);
}

/** Reads a number of bytes; null where the server is too old to know. */
export function bytesOrNull(text: string, field: string): number | null {
  if (text === '') return null;
  if (!BYTES.test(text)) throw new GarbledOutput(`expected a number as ${field}, found ${quoted(text)}`);
  return Number(text);
}

/** Reads a flag: tmux prints 1 for true, and 0 or nothing for false. */
export function flag(text: string): boolean {
  if (text === '' || text === '0') return false;
  if (text === '1') return true;
  throw new GarbledOutput(`expected 0 or 1, found ${quoted(text)}`);
}

/** The beginning of a text, to be shown to a person. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
