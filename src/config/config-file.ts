import { check } from './check.ts';
import type { Path, Problem, Source } from './problem.ts';
import { configSchema, FILE_LEAVES, LEAVES } from './schema.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/** A configuration file and what named it. */
export interface NamedFile {
  readonly path: string;
  readonly source: Source;
}

/** What a configuration file holds, and everything that is wrong with it. */
export interface FileContent {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/** What stands for the content of no file. */
export const NO_FILE: FileContent = { value: {}, problems: [] };

/** Reads and checks a configuration file. `readFile` throws where it cannot read. */
export function readConfigFile({ path, source }: NamedFile, readFile: (path: string) => string): FileContent {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const message = `cannot read the configuration file: ${error instanceof Error ? error.message : error}`;
    return { value: {}, problems: [{ kind: 'unreadable_file', source, message }] };
  }
  return checkDocument(path, readYaml(text));
}

function checkDocument(file: string, document: YamlDocument): FileContent {
  const { value } = document;
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ line, column, message }): Problem => {
      return { kind: 'unreadable_file', source: { kind: 'file', file, line, column }, message };
    });
    return { value, problems };
  }
  const sourceOf = (path: Path, part: 'key' | 'value'): Source => ({
    kind: 'file',
    file,
    ...document.locate(path, part),
  });
  const wrong = check(value, { schema: configSchema, leaves: [...LEAVES, ...FILE_LEAVES], root: [], sourceOf });
  return { value, problems: [...duplicatesOf(file, document), ...wrong].toSorted(byPlace) };
}

function duplicatesOf(file: string, { duplicates }: YamlDocument): Problem[] {
  return duplicates.map(({ line, column, path, firstLine }) => {
    return { kind: 'duplicate_key', source: { kind: 'file', file, line, column }, path, firstLine };
  });
}

function byPlace({ source: a }: Problem, { source: b }: Problem): number {
  if (a.kind !== 'file' || b.kind !== 'file') return 0;
  return a.line - b.line || a.column - b.column;
}
