import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { MarkOf } from './shell-roster.ts';

/**
 * A file that says which process does a job that only one may do: `<pid> <mark>`. A shell can check it with its builtins alone.
 */
export class Claim {
  readonly #path: string;
  readonly #markOf: MarkOf;
  readonly #text: string;

  constructor(path: string, pid: number, markOf: MarkOf) {
    this.#path = path;
    this.#markOf = markOf;
    this.#text = `${pid} ${markOf(pid) ?? ''}\n`;
  }

  /** Takes the job, unless a living process has it. */
  take(): boolean {
    if (this.#isTaken()) return false;
    rmSync(this.#path, { force: true });
    try {
      writeFileSync(this.#path, this.#text, { mode: 0o600, flag: 'wx' });
      return true;
    } catch {
      return false;
    }
  }

  /** Whether the job is still ours. Two processes that find a dead owner at the same moment both take its place; the later one has it. */
  get isOurs(): boolean {
    return this.#read() === this.#text;
  }

  /** Gives the job up, if it is ours. */
  release(): void {
    if (this.isOurs) rmSync(this.#path, { force: true });
  }

  #isTaken(): boolean {
    const [, pid = '', mark = ''] = /^(\d+) (\S*)/.exec(this.#read()) ?? [];
    return pid !== '' && this.#markOf(Number(pid)) === mark;
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch {
      return '';
    }
  }
}
