import { isShowable } from '../../core/text.ts';
import type { Marker } from './query.ts';
import { RECORD_KINDS, type RecordKind } from './record-kinds.ts';
import { each, type Slices } from './record-slices.ts';

/** Thrown for output that does not answer our query. The message says what was expected and what was found. */
export class GarbledOutput extends Error {}

/** The records of one answer as texts, by kind, each in the order of the answer. */
export class Records {
  readonly #texts = new Map<string, string[]>();

  /** Throws {@link GarbledOutput} if it finds anything but records. */
  static *read(output: string, marker: Marker): Slices<Records> {
    const records = new Records();
    const [before = '', ...chunks] = output.split(marker);
    if (before !== '') throw new GarbledOutput(`expected a record first, found ${quoted(before)}`);
    yield;
    yield* each(chunks, (chunk) => records.#add(chunk));
    return records;
  }

  /** The records of a kind; empty if it was not asked for. */
  of(kind: RecordKind): readonly string[] {
    return this.#texts.get(RECORD_KINDS[kind].letter) ?? [];
  }

  /** The records of a kind that accompany those of another kind, one each; empty if it was not asked for. */
  beside(kind: RecordKind, main: RecordKind): readonly string[] {
    const texts = this.of(kind);
    const wanted = this.of(main).length;
    if (texts.length === 0 || texts.length === wanted) return texts;
    throw new GarbledOutput(`expected ${wanted} records "${kind}", found ${texts.length}`);
  }

  #add(chunk: string): void {
    const letter = chunk[0] ?? '';
    const endsLine = ENDS_LINE.get(letter);
    if (endsLine === undefined || chunk[1] !== ' ')
      throw new GarbledOutput(`expected a record, found ${quoted(chunk)}`);
    // Only after a record that ends a line is a newline tmux's; elsewhere it is part of a name. Names of sessions cannot contain one.
    const text = chunk.slice(2, endsLine && chunk.endsWith('\n') ? -1 : undefined);
    const sameLetter = this.#texts.get(letter);
    if (sameLetter) sameLetter.push(text);
    else this.#texts.set(letter, [text]);
  }
}

/** Whether a record ends a line, by its letter. */
const ENDS_LINE: ReadonlyMap<string, boolean> = new Map(
  Object.values(RECORD_KINDS).map((shape) => [shape.letter, 'endsLine' in shape]),
);

/** At most twelve digits: what tmux counts has fewer. */
const INTEGER = /^\d{1,12}$/;

/** Counts of bytes can be longer. */
const BYTES = /^\d{1,15}$/;

/** Splits a record into its fields. The last field is the whole rest, since it can be free text. */
export function fieldsOf(kind: RecordKind, text: string): string[] {
  const count = RECORD_KINDS[kind].fields.length;
  const fields: string[] = [];
  let from = 0;
  while (fields.length < count - 1) {
    const space = text.indexOf(' ', from);
    if (space < 0) throw new GarbledOutput(`expected ${count} fields, found ${quoted(text)}`);
    fields.push(text.slice(from, space));
    from = space + 1;
  }
  fields.push(text.slice(from));
  return fields;
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

/** Reads a time in Unix seconds. */
export function time(text: string, field: string): number {
  const seconds = integer(text, field);
  if (isShowable(seconds * 1_000)) return seconds;
  throw new GarbledOutput(`expected a time before the year 10000 as ${field}, found ${quoted(text)}`);
}

/** Reads a number; null if the text is empty: the value does not apply, or the server is too old to have it. */
export function integerOrNull(text: string, field: string): number | null {
  return text === '' ? null : integer(text, field);
}

/** Reads a number of bytes; null if the server is too old to have it. */
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

/** The beginning of a text in quotes, for messages that people read. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
