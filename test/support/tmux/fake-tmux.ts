import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

/** The action of a fake tmux: a piece of shell. */
export type FakeAnswer = string;

/** Prints `stdout` and ends with `code`. */
export function prints(stdout: string, code = 0): FakeAnswer {
  return `printf %s ${quoted(stdout)}; exit ${code}`;
}

/** Complains on stderr and ends with `code`, as tmux does. */
export function says(stderr: string, code = 1): FakeAnswer {
  return `printf '%s\\n' ${quoted(stderr)} >&2; exit ${code}`;
}

/** Never ends and says nothing. */
export const HANGS: FakeAnswer = 'exec sleep 3600';

/** Never ends and prints a byte now and then. */
export const DRIPS: FakeAnswer = 'while :; do printf x; sleep 0.02; done';

/** Ends as if a signal killed it. */
export function diesOf(signal: NodeJS.Signals): FakeAnswer {
  return `kill -${signal.slice(3)} $$`;
}

/** Prints bytes without an end. */
export const FLOODS: FakeAnswer = 'exec cat /dev/zero';

/** An executable that stands in for tmux and does what a real one will not do on demand. */
export class FakeTmux {
  /** Path of the executable. */
  readonly binary: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.binary = join(folder, 'tmux');
  }

  /** Creates one that gives `answer` to every command. */
  static async create(answer: FakeAnswer): Promise<FakeTmux> {
    const fake = new FakeTmux(await makePrivateFolder());
    await writeFile(fake.binary, SCRIPT);
    await chmod(fake.binary, 0o700);
    await fake.answers(answer);
    return fake;
  }

  /** Gives `answer` from now on: to every command, or to one such as `list-sessions`. */
  async answers(answer: FakeAnswer, command = 'any'): Promise<void> {
    await writeFile(join(this.#folder, `answer.${command}`), answer);
  }

  /** The commands it was run with, in order, without their arguments. */
  async commands(): Promise<string[]> {
    const text = await readFile(join(this.#folder, 'commands'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** The pids it was run as. */
  async pids(): Promise<number[]> {
    const text = await readFile(join(this.#folder, 'pids'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean).map(Number);
  }

  /** Removes the executable and its folder. */
  cleanup(): Promise<void> {
    return removeFolder(this.#folder);
  }
}

// Run as: tmux -u -S <socket> <command> …
const SCRIPT = `#!/bin/sh
folder=\${0%/*}
printf '%s\\n' "$4" >>"$folder/commands"
printf '%s\\n' "$$" >>"$folder/pids"
if [ -f "$folder/answer.$4" ]; then . "$folder/answer.$4"; else . "$folder/answer.any"; fi
`;

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
