import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { COMMAND_LINE, type runCli } from '../daemon/daemon.ts';

/** The machine's own files once more below `$1`, where the folder `$2` is an empty one. Ends when its input does. */
const SCRIPT = 'mount --rbind / "$1" && mount -t tmpfs none "$1$2" && echo ready && exec cat >/dev/null';

/** A second root folder, which exists in a mount namespace of its own: what is started in it or beside it shares that namespace. Takes root. */
export class Chroot {
  readonly #top: string;
  readonly #holder: ChildProcess;

  private constructor(top: string, holder: ChildProcess) {
    this.#top = top;
    this.#holder = holder;
  }

  /** Makes one below an empty folder. `own` is the folder that has other files in it. */
  static async make(top: string, own: string): Promise<Chroot> {
    const holder = spawn('unshare', ['-m', 'sh', '-c', SCRIPT, 'sh', top, own], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    return new Chroot(top, holder);
  }

  /** Runs a command in the chroot and gives its stdout. */
  async inside(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('nsenter', [...this.#beside, 'chroot', this.#top, command, ...args]);
    return stdout;
  }

  /** Runs a command beside the chroot and gives its stdout. */
  async beside(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('nsenter', [...this.#beside, command, ...args]);
    return stdout;
  }

  /** Runs the command line beside the chroot. */
  readonly cli: typeof runCli = (args) =>
    spawn('nsenter', [...this.#beside, ...COMMAND_LINE, ...args], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  /** Ends it; what was started there goes on. */
  async end(): Promise<void> {
    const exit = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await exit;
  }

  get #beside(): readonly string[] {
    return ['-t', String(this.#holder.pid), '-m'];
  }
}
