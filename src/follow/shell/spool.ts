import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Notice } from '../notice/notice.ts';
import { timeText } from '../notice/text-line.ts';

/** Number of notices that are kept for shells that rarely check. */
const KEPT = 100;

/**
 * Notices as files that a shell can read with its builtins alone: `newest` holds the number of the newest notice, `notices/<number>` its line,
 * `<severity> <time of day> <title>`. Each file appears whole.
 */
export class Spool {
  readonly #folder: string;
  #newest: number;

  /** The folder must exist. */
  constructor(folder: string) {
    this.#folder = folder;
    if (!existsSync(join(folder, 'notices'))) mkdirSync(join(folder, 'notices'), 0o700);
    this.#newest = this.#readNewest();
  }

  /** Adds a notice, and deletes the oldest. Throws if it cannot be written. */
  add({ severity, time, title }: Notice): void {
    const number = this.#newest + 1;
    this.#write(join('notices', String(number)), `${severity} ${timeText(time)} ${title}\n`);
    this.#write('newest', `${number}\n`);
    this.#newest = number;
    rmSync(join(this.#folder, 'notices', String(number - KEPT)), { force: true });
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  #readNewest(): number {
    try {
      return Number.parseInt(readFileSync(join(this.#folder, 'newest'), 'utf8'), 10) || 0;
    } catch {
      return 0;
    }
  }
}
