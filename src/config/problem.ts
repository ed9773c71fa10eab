import { isDate } from 'node:util/types';
import { countText, printable, shorten } from '../core/text.ts';

/** The source of a value: `--poll.timeout`, `TMUX_EXPORTER_POLL_TIMEOUT`, or a place in the file. Line and column count from 1. */
export type Source =
  | { readonly kind: 'flag' | 'environment'; readonly name: string }
  /** A file that is read if none is named. */
  | { readonly kind: 'default_file'; readonly file: string }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number };

/** Keys and list indexes, outermost first. */
export type Path = readonly PropertyKey[];

/** A reason why a configuration cannot be used. */
export type Problem =
  | {
      readonly kind: 'bad_value';
      readonly source: Source;
      readonly path: Path;
      /** Completes the phrase "expected …". */
      readonly expected: string;
      /** Completes the phrase "found …"; never a secret. */
      readonly found: string;
    }
  | {
      readonly kind: 'unknown_key';
      readonly source: Source;
      readonly path: Path;
      readonly known: readonly string[];
      /** Completes the phrase "did you mean …"; null if nothing known is near. */
      readonly meant: string | null;
    }
  | {
      readonly kind: 'duplicate_key';
      readonly source: Source;
      readonly path: Path;
      /** Line of the first occurrence. */
      readonly firstLine: number;
    }
  /** There are more problems than are named. */
  | { readonly kind: 'omitted'; readonly source: Source; readonly count: number }
  /** The file cannot be read, or not as YAML. */
  | { readonly kind: 'unreadable_file'; readonly source: Source; readonly message: string };

const LONGEST_VALUE = 80;

/** How many problems of one source are named. */
export const MOST_PROBLEMS = 50;

/** The text for a person: the number of problems, then each on a line that begins with its source. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.map((problem) => printable(`  ${sourceText(problem.source)}: ${problemText(problem)}`));
  const count = problems.reduce((sum, problem) => sum + (problem.kind === 'omitted' ? problem.count : 1), 0);
  return [`${countText(count, 'problem')} in the configuration:`, ...lines].join('\n');
}

/** Formats a value for a message: on one line, of bounded length, safe in a terminal, without the login and the query of a URL. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string')
    return JSON.stringify(shorten(printable(withoutQuery(withoutLogin(value))), LONGEST_VALUE));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value !== 'object' || value === null) return String(value);
  if (isDate(value)) return 'a time';
  return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
}

/** The text without what comes before an @ and looks like a user name and a password: a URL that is refused may hold a good one. */
function withoutLogin(text: string): string {
  return text.replace(
    /^([a-z][a-z\d+.-]*:\/\/).*@|^[^:@/]*:.*@/is,
    (_, scheme: string | undefined) => `${scheme ?? ''}…@`,
  );
}

function withoutQuery(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/.*?[?#]).+$/is, '$1…');
}

/** A path as a person writes it: `poll.timeout`, `servers[0].socket`. */
function pathText(path: Path): string {
  return path.reduce<string>((text, step) => text + stepText(step, text === ''), '');
}

function stepText(step: PropertyKey, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  const key = String(step);
  if (!/^[\w-]+$/.test(key)) return `[${valueText(withoutValue(key))}]`;
  return isFirst ? key : `.${key}`;
}

/** The key without what follows a colon, a space or an equals sign: in `{token:abc}` the space is missing, and the value, perhaps a secret, is part of the key. */
function withoutValue(key: string): string {
  return key.replace(/[\s:=].*$/s, '…');
}

function sourceText(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return `flag ${source.name}`;
    case 'environment':
      return `environment variable ${source.name}`;
    case 'default_file':
      return source.file;
    case 'file':
      return `${source.file}:${source.line}:${source.column}`;
  }
}

function problemText(problem: Problem): string {
  if (problem.kind === 'unreadable_file') return problem.message;
  if (problem.kind === 'omitted') return `and ${countText(problem.count, 'more problem')}`;
  const subject = problem.source.kind === 'file' && problem.path.length > 0 ? `${pathText(problem.path)}: ` : '';
  return subject + complaintText(problem);
}

function complaintText(problem: Exclude<Problem, { kind: 'unreadable_file' | 'omitted' }>): string {
  switch (problem.kind) {
    case 'bad_value':
      return `expected ${problem.expected}, found ${problem.found}`;
    case 'duplicate_key':
      return `duplicate key, the first is on line ${problem.firstLine}`;
    case 'unknown_key':
      return `unknown ${problem.source.kind === 'environment' ? 'variable' : 'key'}, ${cureText(problem)}`;
  }
}

function cureText({ meant, known }: Extract<Problem, { kind: 'unknown_key' }>): string {
  return meant === null ? `expected one of ${known.join(', ')}` : `did you mean ${meant}?`;
}
