import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LINE = '-'.repeat(80);

/** Collects the licenses of packages, which must be passed on with their code. Takes their folders. */
export function licensesOf(folders: readonly string[]): string {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    return `${name} ${version} (${license})\n\n${licenseText(folder).trim()}\n`;
  });
  return `tmux-exporter contains parts of these packages.\n\n${parts.map((part) => `${LINE}\n${part}`).join('\n')}`;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

function licenseText(folder: string): string {
  const files = readdirSync(folder).filter((name) => /^(licen[sc]e|notice)/i.test(name));
  if (files.length === 0) throw new Error(`${folder}: expected a file with the license, found none`);
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}
