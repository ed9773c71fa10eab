import type * as z from 'zod';
import { errorText } from '../../core/text.ts';
import type { Leaf } from '../leaf.ts';
import { MOST_PROBLEMS, type Path, type Problem, type Source, valueText } from '../problem.ts';
import { configSchema, FILE_LEAVES, LEAVES } from '../schema.ts';
import { check } from '../value-check.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/** A configuration file and what named it. */
export interface NamedFile {
  readonly path: string;
  readonly source: Source;
}

/** The content of a configuration file, and all its problems. */
export interface FileContent {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Where the value at a path is, or would be. */
  readonly sourceOf: (path: Path) => Source;
}

/** The content if there is no file. */
const NO_FILE: FileContent = {
  value: {},
  problems: [],
  sourceOf: () => ({ kind: 'default_file', file: 'the configuration' }),
};

/** Reads the first of these files that exists. If that one cannot be read, this is a problem, and the next one is not tried. */
export function readDefaultFile(
  paths: readonly string[],
  readFile: (path: string) => string,
): { readonly file: NamedFile | null; readonly content: FileContent } {
  for (const path of paths) {
    const file: NamedFile = { path, source: { kind: 'default_file', file: path } };
    try {
      return { file, content: checkConfig(path, readYaml(readFile(path))) };
    } catch (error) {
      if (!isAbsent(error)) return { file, content: unreadable(file, error) };
    }
  }
  return { file: null, content: NO_FILE };
}

/** Reads and checks a configuration file. `readFile` throws if it cannot read. */
export function readConfigFile({ path, source }: NamedFile, readFile: (path: string) => string): FileContent {
  if (path === '') return { value: {}, problems: [noPath(source)], sourceOf: () => source };
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return unreadable({ path, source }, error);
  }
  return checkConfig(path, readYaml(text));
}

function noPath(source: Source): Problem {
  return { kind: 'bad_value', source, path: [], expected: 'the path of a file', found: valueText('') };
}

function unreadable({ source }: NamedFile, error: unknown): FileContent {
  const message = `cannot read the configuration file: ${errorText(error)}`;
  return { value: {}, problems: [{ kind: 'unreadable_file', source, message }], sourceOf: () => source };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function checkConfig(file: string, document: YamlDocument): FileContent {
  return checkDocument(file, document, configSchema, [...LEAVES, ...FILE_LEAVES]);
}

/** Checks a YAML document against a schema; `leaves` are the options of the schema. */
export function checkDocument(
  file: string,
  document: YamlDocument,
  schema: z.ZodType,
  leaves: readonly Leaf[],
): FileContent {
  const { value } = document;
  const sourceOf = (path: Path, part: 'key' | 'value' = 'value'): Source => ({
    kind: 'file',
    file,
    ...document.locate(path, part),
  });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ line, column, message }): Problem => {
      return { kind: 'unreadable_file', source: { kind: 'file', file, line, column }, message };
    });
    return { value, problems: firstOf(problems), sourceOf };
  }
  const wrong = check(value, { schema, leaves, root: [], sourceOf });
  return { value, problems: [...firstOf(duplicatesOf(file, document)), ...wrong].toSorted(byPlace), sourceOf };
}

/** The problems that are named, and how many more there are. */
function firstOf(problems: readonly Problem[]): Problem[] {
  const omitted = problems[MOST_PROBLEMS];
  if (omitted === undefined) return [...problems];
  const { source } = omitted;
  return [...problems.slice(0, MOST_PROBLEMS), { kind: 'omitted', source, count: problems.length - MOST_PROBLEMS }];
}

function duplicatesOf(file: string, { duplicates }: YamlDocument): Problem[] {
  return duplicates.map(({ line, column, path, firstLine }) => {
    return { kind: 'duplicate_key', source: { kind: 'file', file, line, column }, path, firstLine };
  });
}

/** What is not named comes last. */
function byPlace(one: Problem, other: Problem): number {
  if (one.kind === 'omitted' || other.kind === 'omitted')
    return Number(one.kind === 'omitted') - Number(other.kind === 'omitted');
  const [a, b] = [one.source, other.source];
  if (a.kind !== 'file' || b.kind !== 'file') return 0;
  return a.line - b.line || a.column - b.column;
}
