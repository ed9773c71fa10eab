import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Reads the text of a golden file. With `UPDATE_GOLDEN=1` in the environment it is first rewritten from `actual`; review the change before you commit it. */
export function goldenText(path: string, actual: string): string {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  return readFileSync(path, 'utf8');
}
