import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMAND_LINE, Daemon } from '../../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

/** Programs that change the machine, or that not every machine has: each call of one is only written down. */
const RECORDED = ['npm', 'git', 'apt', 'docker', 'systemctl', 'loginctl', 'journalctl', 'notify-send'];

/** What came of a snippet. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A snippet that runs on. */
export interface Running {
  readonly pid: number;
  readonly output: () => string;
  readonly outcome: Promise<Outcome>;
  /** Ends it and all that it started. */
  readonly stop: () => Promise<Outcome>;
}

/** A folder as a reader has it, and a daemon of its own in place of the one at the documented address. */
export class Bench {
  readonly daemon: Daemon;
  readonly folder: string;

  private constructor(daemon: Daemon, folder: string) {
    this.daemon = daemon;
    this.folder = folder;
  }

  static async start(): Promise<Bench> {
    const folder = await makePrivateFolder();
    const daemon = await Daemon.start();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['docker/compose.yaml', 'dashboards/rules']) {
      cpSync(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), join(folder, name), { recursive: true });
    }
    for (const name of RECORDED) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} "$@" >> '${folder}/calls'\n`, { mode: 0o755 });
    }
    writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    writeFileSync(join(bin, 'tmux-exporter'), `#!/bin/sh\nexec ${COMMAND_LINE.join(' ')} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'calls'), '');
    return new Bench(daemon, folder);
  }

  /** What was asked of programs that are only written down. */
  calls(): string[] {
    return readFileSync(join(this.folder, 'calls'), 'utf8').split('\n').filter(Boolean);
  }

  /** Starts a snippet in a shell, with the documented names and addresses replaced by those of this bench. */
  start(shell: string, text: string): Running {
    this.#keepToken();
    const child = spawn(shell, ['-c', this.#here(text)], {
      cwd: this.folder,
      env: this.#environment(),
      detached: true,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      stdout += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      stderr += piece;
    });
    const outcome = once(child, 'close').then(([code]): Outcome => ({ code: code as number | null, stdout, stderr }));
    const stop = () => {
      if (child.exitCode === null && child.pid) process.kill(-child.pid, 'SIGKILL');
      return outcome;
    };
    return { pid: child.pid ?? 0, output: () => stdout, outcome, stop };
  }

  /** Runs a snippet to its end. */
  run(shell: string, text: string): Promise<Outcome> {
    return this.start(shell, text).outcome;
  }

  async cleanup(): Promise<void> {
    await this.daemon.cleanup();
    await removeFolder(this.folder);
  }

  /** Puts the daemon's token where that of a reader is. A snippet before may have removed it. */
  #keepToken(): void {
    const state = join(this.folder, '.local/state/tmux-exporter');
    mkdirSync(state, { recursive: true, mode: 0o700 });
    cpSync(this.daemon.tokenFile, join(state, 'token'));
  }

  #here(text: string): string {
    return text
      .replaceAll(/(127\.0\.0\.1:8689|PROMETHEUS:9090)/g, new URL(this.daemon.url).host)
      .replaceAll('/etc/prometheus', join(this.folder, 'prometheus'))
      .replaceAll('tmux -L ', `tmux -f /dev/null -S ${this.daemon.sockets}/`)
      .replaceAll(/\bPID\b/g, String(this.daemon.pid));
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: `${join(this.folder, 'bin')}:${process.env['PATH']}`,
      HOME: this.folder,
      XDG_RUNTIME_DIR: this.folder,
      TMPDIR: this.folder,
      TMUX_TMPDIR: this.folder,
      TMUX_EXPORTER_URL: this.daemon.url,
    };
  }
}
