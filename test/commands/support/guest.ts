import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from '../../../src/commands/quoting.ts';
import { bashInit } from '../../../src/commands/shell/bash.ts';
import { fishInit } from '../../../src/commands/shell/fish.ts';
import type { ShellParts } from '../../../src/commands/shell/parts.ts';
import { zshInit } from '../../../src/commands/shell/zsh.ts';
import { Spool } from '../../../src/follow/shell/spool.ts';
import { notice } from '../../follow/support/samples.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { processLife } from '../../support/machine/process-life.ts';
import { ShellScreen } from './shell-screen.ts';

const INITS = { bash: bashInit, zsh: zshInit, fish: fishInit };
const TITLE = 'tmux server work crashed';

/** How each shell reads a start file of its own and then what is typed, and how its start file reads our lines. */
const SHELLS = {
  bash: {
    file: 'rc',
    flags: ['--noprofile', '--rcfile', 'rc', '-i'],
    read: (path: string) => `eval "$(\\cat ${path})"`,
  },
  zsh: { file: '.zshrc', flags: ['-i'], read: (path: string) => `eval "$(\\cat ${path})"` },
};

/** The lines of a user's start file around our line. */
export interface Start {
  readonly before?: string;
  readonly after?: string;
}

/** The output of a used shell. */
export interface Transcript {
  readonly stdout: string;
  readonly stderr: string;
}

/** A home for shells that our lines are a guest in. The variable PATH chooses the shells: put a folder with another version of bash or zsh first. */
export class Guest {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async create(): Promise<Guest> {
    const home = await makePrivateFolder();
    // fish makes completions out of all manual pages at its first start, unless it has some.
    for (const folder of ['.local/share/fish', '.cache/fish'])
      mkdirSync(join(home, folder, 'generated_completions'), { recursive: true });
    return new Guest(home);
  }

  /** Types lines into an interactive shell with our line in its start file. */
  type(shell: 'bash' | 'zsh', start: Start, lines: readonly string[], parts: Partial<ShellParts> = {}): Transcript {
    const follower = parts.follower ?? ['false'];
    const folder = parts.folder ?? this.#folderWithFollower();
    return this.#type(shell, start, lines, INITS[shell]({ folder, follower }));
  }

  /** The same with a start file that does not hold our line. */
  typeAlone(shell: 'bash' | 'zsh', start: Start, lines: readonly string[]): Transcript {
    this.#folderWithFollower();
    return this.#type(shell, start, lines, '');
  }

  /** Opens a terminal with a shell that has our line in its start file, unless it is alone. */
  open(shell: 'bash' | 'zsh', { before = '', after = '' }: Start, isAlone = false): Promise<ShellScreen> {
    const folder = this.#folderWithFollower();
    writeFileSync(join(this.home, 'init'), isAlone ? '' : INITS[shell]({ folder, follower: ['false'] }));
    return ShellScreen.startWith(shell, this.home, [before, SHELLS[shell].read('init'), after].join('\n'));
  }

  /** Runs a script in an interactive shell that has read our lines. */
  run(shell: Shell, script: string, parts: ShellParts): string {
    writeFileSync(join(this.home, 'init'), INITS[shell](parts));
    return execFileSync(shell, ['-i', '-c', script], { ...this.#options(), stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A line that leaves a notice while the shell runs. */
  get notice(): string {
    return '\\command sh leave';
  }

  /** The output without the notices, and the number of notices. */
  withoutNotices({ stdout, stderr }: Transcript): Transcript & { readonly notices: number } {
    const shown = /( +\r)?[^\n]*tmux server work crashed[^\n]*\n/g;
    const notices = `${stdout}${stderr}`.match(shown)?.length ?? 0;
    return { notices, stdout: stdout.replace(shown, ''), stderr: stderr.replace(shown, '') };
  }

  async cleanup(): Promise<void> {
    await removeFolder(this.home);
  }

  #type(shell: 'bash' | 'zsh', { before = '', after = '' }: Start, lines: readonly string[], init: string): Transcript {
    const { file, flags, read } = SHELLS[shell];
    writeFileSync(join(this.home, 'init'), init);
    writeFileSync(join(this.home, file), ["PS1='$ '", before, read('init'), after, ''].join('\n'));
    const script = `exec 2>errors; exec "$@"`;
    const { stdout } = spawnSync('sh', ['-c', script, 'sh', shell, ...flags], {
      ...this.#options(),
      input: `${lines.join('\n')}\n`,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const stderr = execFileSync('cat', ['errors'], this.#options());
    return { stdout, stderr: stderr.replaceAll(/^bash: (cannot set terminal|no job control).*\n/gm, '') };
  }

  #options() {
    return {
      cwd: this.home,
      encoding: 'utf8' as const,
      timeout: 10_000,
      killSignal: 'SIGKILL' as const,
      env: { PATH: process.env['PATH'], HOME: this.home, ZDOTDIR: this.home, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
    };
  }

  /** A folder with a living follower, and one notice that is kept aside. */
  #folderWithFollower(): string {
    const folder = join(this.home, 'spool');
    execFileSync('rm', ['-rf', folder]);
    mkdirSync(join(folder, 'kept'), { recursive: true });
    new Spool(folder).add(notice({ title: TITLE }));
    execFileSync('sh', ['-c', 'mv notices/1 newest kept'], { cwd: folder });
    writeFileSync(join(this.home, 'leave'), 'cp spool/kept/1 spool/notices/1; cp spool/kept/newest spool/newest\n');
    const { pid, start } = processLife(process.pid);
    writeFileSync(join(folder, 'follower'), `${pid} ${start}\n`);
    return folder;
  }
}
