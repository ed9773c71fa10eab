import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../../', import.meta.url);

/** Paths of the documents for people who use the exporter: their snippets are run. */
export function documents(): string[] {
  return ['README.md', 'SECURITY.md', 'dashboards/rules/RUNBOOK.md', ...markdownIn('docs')].filter(isThere);
}

/** Paths of all documents: their links lead somewhere. */
export function allDocuments(): string[] {
  return [...documents(), 'CHANGELOG.md', ...markdownIn('.github')];
}

/** The text of a document. */
export function textOf(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** Whether a path of the repository exists. */
export function isThere(path: string): boolean {
  return existsSync(new URL(path, ROOT));
}

function markdownIn(folder: string): string[] {
  if (!isThere(folder)) return [];
  const names = readdirSync(new URL(folder, ROOT));
  return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
}
