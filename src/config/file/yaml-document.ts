import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Tags,
  type YAMLError,
} from 'yaml';
import { errorText } from '../../core/text.ts';
import type { Path } from '../problem.ts';
import { DEEPEST, excessOf, TOO_DEEP } from './yaml-bounds.ts';

/** A place in a text, counted from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** An error in a YAML text. */
interface YamlError extends Position {
  readonly message: string;
}

/** A key that its mapping already had. */
interface DuplicateKey extends Position {
  readonly path: Path;
  readonly firstLine: number;
}

/** A parsed YAML text with the position of each key and value. */
export interface YamlDocument {
  /** Plain values; null if there are errors. */
  readonly value: unknown;
  readonly errors: readonly YamlError[];
  readonly duplicates: readonly DuplicateKey[];
  /** The position of a key or of its value; if there is none, that of the nearest node around it. */
  locate(path: Path, part: 'key' | 'value'): Position;
}

/** Extensions of YAML 1.2: `stringKeys` keeps keys as they are written, `merge` supports `<<`. */
export interface YamlReading {
  readonly stringKeys?: boolean;
  readonly merge?: boolean;
}

/** Reads one YAML 1.2 document. */
export function readYaml(text: string, reading: YamlReading = {}): YamlDocument {
  const excess = excessOf(text);
  if (excess) return unreadable({ ...excess, column: 1 });
  try {
    return readBounded(text, reading);
  } catch (error) {
    // The parser calls itself for each level.
    if (error instanceof RangeError) return unreadable({ line: 1, column: 1, message: TOO_DEEP });
    throw error;
  }
}

function unreadable(error: YamlError): YamlDocument {
  return { value: null, errors: [error], duplicates: [], locate: () => error };
}

function readBounded(text: string, reading: YamlReading): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    ...reading,
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    // The tags of YAML 1.1, such as !!binary and !!set, give what no option takes.
    resolveKnownTags: false,
    customTags: (tags) => tags.filter((tag) => !isUnwanted(tag)),
    logLevel: 'error',
  });
  const map = new SourceMap(lines);
  map.add(document.contents, [], document);
  const broken = [...document.errors, ...document.warnings].map((error) => ({
    ...map.position(error.pos[0]),
    message: messageOf(error),
  }));
  // What is wrong further in would be found by a stack that overflows.
  const errors = map.tooDeep ? [map.tooDeep] : firstOfEachLine([...broken, ...map.danglingAliases]);
  const { value, error } = errors.length > 0 ? NOTHING : plainValue(document);
  return {
    value,
    errors: error ? [error] : errors,
    duplicates: map.duplicates,
    locate: (path, part) => map.locate(path, part),
  };
}

/** Octal numbers stay texts: only file modes are written so, and their digits count. Binary data is refused, because the checks freeze lists, and binary data cannot be frozen. */
function isUnwanted(tag: Tags[number]): boolean {
  return (
    typeof tag === 'object' && (tag.tag === 'tag:yaml.org,2002:binary' || ('format' in tag && tag.format === 'OCT'))
  );
}

/** The message of an error, without text of the file: it could be a secret. */
function messageOf({ code, message }: Pick<YAMLError, 'code' | 'message'>): string {
  if (message.startsWith('Maximum call stack')) return TOO_DEEP;
  if (message.startsWith('Block scalar header')) return BLOCK_HEADER;
  return MESSAGES[code] ?? (code === 'UNEXPECTED_TOKEN' ? withoutQuote(message) : message);
}

function withoutQuote(message: string): string {
  return message.replace(/: .*$/s, '');
}

const NO_ANCHOR = 'no anchor of this name before this; put a text that begins with * into quotes';
const BLOCK_HEADER = 'unknown characters after | or >; put a text that begins with | or > into quotes';

/** What is said instead of a message that can quote the file anywhere. */
const MESSAGES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  MULTIPLE_DOCS: 'expected one YAML document, found several',
  TAG_RESOLVE_FAILED: 'unknown tag, or one that does not fit; put a text that begins with ! into quotes',
  BAD_DIRECTIVE: 'unknown directive; put a text that begins with % into quotes',
  BAD_DQ_ESCAPE: 'invalid escape sequence; write a backslash within double quotes twice',
};

/** The positions of the keys and values of one document. */
class SourceMap {
  readonly duplicates: DuplicateKey[] = [];
  readonly danglingAliases: YamlError[] = [];
  tooDeep: YamlError | null = null;
  readonly #lines: LineCounter;
  readonly #keys = new Map<string, Position>();
  readonly #values = new Map<string, Position>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  add(node: unknown, path: Path, document: Document): void {
    if (!isNode(node)) return;
    if (path.length > DEEPEST) {
      this.tooDeep ??= { ...this.position(startOf(node)), message: TOO_DEEP };
      return;
    }
    this.#values.set(idOf(path), this.position(startOf(node)));
    if (isMap(node)) for (const pair of node.items) this.#addPair(pair, path, document);
    if (isSeq(node)) for (const [index, item] of node.items.entries()) this.add(item, [...path, index], document);
    if (isAlias(node) && !node.resolve(document)) {
      this.danglingAliases.push({ ...this.position(startOf(node)), message: NO_ANCHOR });
    }
  }

  locate(path: Path, part: 'key' | 'value'): Position {
    const id = idOf(path);
    const place = (part === 'value' ? this.#values.get(id) : undefined) ?? this.#keys.get(id) ?? this.#values.get(id);
    if (place) return place;
    return path.length === 0 ? { line: 1, column: 1 } : this.locate(path.slice(0, -1), 'value');
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #addPair({ key, value }: Pair, parent: Path, document: Document): void {
    const path = [...parent, String(key)];
    const place = this.position(isNode(key) ? startOf(key) : 0);
    const first = this.#keys.get(idOf(path));
    if (first) this.duplicates.push({ ...place, path, firstLine: first.line });
    else this.#keys.set(idOf(path), place);
    this.add(value, path, document);
  }
}

const NOTHING = { value: null, error: null };

/** The library throws if aliases would expand a short text without bounds. */
function plainValue(document: Document): { value: unknown; error: YamlError | null } {
  try {
    return { value: document.toJS(), error: null };
  } catch (error) {
    return {
      value: null,
      error: { line: 1, column: 1, message: reasonOf(error) },
    };
  }
}

function reasonOf(error: unknown): string {
  const message = errorText(error);
  if (message.startsWith('Unresolved alias')) return NO_ANCHOR;
  if (!message.startsWith('Excessive alias count')) return withoutQuote(message);
  return 'expected aliases of few things, found aliases of aliases that multiply';
}

/** One slip makes the parser stumble on: what follows on the same line says nothing new. */
function firstOfEachLine(errors: readonly YamlError[]): YamlError[] {
  const byPlace = errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return byPlace.filter(({ line }, index) => line !== byPlace[index - 1]?.line);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function idOf(path: Path): string {
  return JSON.stringify(path.map(String));
}
