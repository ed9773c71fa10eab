import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Shell } from '../../../src/commands/quoting.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { ended, type ProcessLife, processLife, signal } from '../../support/machine/process-life.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const CLI = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

/** The line that users add to a start file, with this checkout in place of an installed program. */
function initLine(shell: Shell, flags: string): string {
  const init = `${process.execPath} ${CLI} shell-init ${shell} ${flags}`;
  return shell === 'fish' ? `${init} | source` : `eval "$(${init})"`;
}

/** How each shell is started with a start file of its own, in a home that is empty. */
const STARTS: Readonly<Record<Shell, { file: string; prompt: string; command: string }>> = {
  bash: { file: 'bashrc', prompt: "PS1='$ '", command: 'bash --noprofile --rcfile bashrc -i' },
  zsh: { file: '.zshrc', prompt: "PS1='$ '", command: 'zsh -i' },
  fish: {
    file: 'config.fish',
    prompt: "function fish_prompt; echo -n '$ '; end; set fish_greeting",
    command: 'fish -N -C "source config.fish" -i',
  },
};

/** An interactive shell in a terminal: a pane of a private tmux server. */
export class ShellScreen {
  readonly #tmux: TmuxServer;

  private constructor(tmux: TmuxServer) {
    this.#tmux = tmux;
  }

  /** Starts a shell with that line in its start file. Resolves when it shows its prompt. */
  static async start(shell: Shell, folder: string, flags: string): Promise<ShellScreen> {
    return ShellScreen.startWith(shell, folder, initLine(shell, flags));
  }

  /** Starts a shell with those lines in its start file. Resolves when it shows its prompt. */
  static async startWith(shell: Shell, folder: string, lines: string): Promise<ShellScreen> {
    const { file, prompt, command } = STARTS[shell];
    await writeFile(join(folder, file), `cd '${folder}'\n${prompt}\n${lines}\n`);
    const variables = `HOME='${folder}' ZDOTDIR='${folder}' XDG_STATE_HOME='${folder}/state' PATH='${process.env['PATH']}'`;
    const tmux = await TmuxServer.start({
      command: `cd '${folder}' && exec env -i ${variables} LC_ALL=C.UTF-8 TERM=screen ${command}`,
    });
    const screen = new ShellScreen(tmux);
    await screen.shows((lines) => lines.at(-1) === '$');
    return screen;
  }

  /** The processes of the shells, the first one first. */
  async lives(): Promise<ProcessLife[]> {
    const pids = await this.#tmux.run('list-panes', '-a', '-F', '#{pane_pid}');
    return pids.split('\n').map((pid) => processLife(Number(pid)));
  }

  /** Opens a second terminal with the same shell for the same user. */
  async startAnother(): Promise<void> {
    await this.#tmux.addSession('another');
  }

  /** Types a text. */
  async type(text: string): Promise<void> {
    await this.#tmux.run('send-keys', '-l', text);
  }

  /** Types a line, and resolves when the next prompt is there. */
  async enter(line: string): Promise<void> {
    const before = (await this.lines()).length;
    await this.type(line);
    await this.press('Enter');
    await this.shows((lines) => lines.length > before && lines.at(-1) === '$');
  }

  async press(key: string): Promise<void> {
    await this.#tmux.run('send-keys', key);
  }

  /** The lines on the screen, those that were wrapped whole, without the empty ones below. */
  async lines(): Promise<string[]> {
    const text = await this.#tmux.run('capture-pane', '-p', '-J');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
  }

  /** Settles when the screen is as wanted, and gives its lines. */
  async shows(isWanted: (lines: string[]) => boolean): Promise<string[]> {
    let lines: string[] = [];
    await eventually(
      'the screen is as wanted',
      async () => {
        lines = await this.lines();
        return isWanted(lines);
      },
      10_000,
    ).catch(() => {
      throw new Error(`not on the screen: ${isWanted}; it shows:\n${lines.join('\n')}`);
    });
    return lines;
  }

  /** Ends the shells and their terminal. A shell that hears of the end of its terminal would write its history into a folder that is being removed. */
  async cleanup(): Promise<void> {
    const shells = await this.lives().catch(() => []);
    for (const shell of shells) signal(shell, 'SIGKILL');
    await this.#tmux.cleanup();
    for (const shell of shells) await ended(shell);
  }
}
