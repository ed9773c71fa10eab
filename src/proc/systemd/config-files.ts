import { readdirSync } from 'node:fs';
import { readText } from '../kernel/text-file.ts';

/** The folders in which systemd's tools search for configuration, highest priority first. */
export const CONFIG_ROOTS = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'] as const;

/** A configuration file. */
export interface ConfigFile {
  /** Path, without the root that tests put before it. */
  readonly path: string;
  readonly text: string;
}

/** Reads the files `*.conf` of a folder such as `tmpfiles.d` in all {@link CONFIG_ROOTS}, by name. Of two with one name the one with higher priority counts, so a link to /dev/null disables a file. */
export function readConfigFolder(root: string, folder: string): readonly ConfigFile[] {
  const pathOf = new Map<string, string>();
  for (const place of CONFIG_ROOTS) {
    for (const name of listConfigs(`${root}${place}/${folder}`)) {
      if (!pathOf.has(name)) pathOf.set(name, `${place}/${folder}/${name}`);
    }
  }
  return [...pathOf].sort(byName).map(([, path]) => ({ path, text: readText(root + path) ?? '' }));
}

/** Reads the file of that name with the highest priority in {@link CONFIG_ROOTS}; null if there is none. */
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
