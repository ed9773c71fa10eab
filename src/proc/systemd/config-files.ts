import { readdirSync } from 'node:fs';
import { readText } from '../kernel/text-file.ts';

/** Where systemd's tools look for configuration, strongest first. */
export const CONFIG_ROOTS = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'] as const;

/** A configuration file with its text. */
export interface ConfigFile {
  /** Path, without what stands before it in tests. */
  readonly path: string;
  readonly text: string;
}

/** The files `*.conf` of a folder such as `tmpfiles.d` below all {@link CONFIG_ROOTS}, by name: of two with one name the stronger counts, so that a link to /dev/null turns one off. */
export function readConfigFolder(root: string, folder: string): readonly ConfigFile[] {
  const pathOf = new Map<string, string>();
  for (const place of CONFIG_ROOTS) {
    for (const name of listConfigs(`${root}${place}/${folder}`)) {
      if (!pathOf.has(name)) pathOf.set(name, `${place}/${folder}/${name}`);
    }
  }
  return [...pathOf].sort(byName).map(([, path]) => ({ path, text: readText(root + path) ?? '' }));
}

/** The strongest file of that name below {@link CONFIG_ROOTS}; null where there is none. */
export function readMainConfig(root: string, name: string): string | null {
  for (const place of CONFIG_ROOTS) {
    const text = readText(`${root}${place}/${name}`);
    if (text !== null) return text;
  }
  return null;
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function listConfigs(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.conf'));
  } catch {
    return [];
  }
}
