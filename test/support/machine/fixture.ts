import { readFileSync } from 'node:fs';

/** The text of a recorded file below `test/proc/fixtures`. */
export function fixture(path: string): string {
  return readFileSync(new URL(`../../proc/fixtures/${path}`, import.meta.url), 'utf8');
}
