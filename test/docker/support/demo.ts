import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/machine/eventually.ts';

const RUN = fileURLToPath(new URL('../../../docker/demo/run.ts', import.meta.url));

/** A demo that runs as `npm run demo` does, with a folder for home and temporary files. */
export class Demo {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
  }

  /** Starts one, and settles when its output says that all of it runs. */
  static async start(folder: string, ...args: readonly string[]): Promise<Demo> {
    const child = spawn(process.execPath, [RUN, ...args], {
      env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const demo = new Demo(child);
    await eventually('all of it runs', () => demo.output.includes('The feed, as it happens'), 60_000);
    return demo;
  }

  /** All that it has written. */
  get output(): string {
    return this.#output;
  }

  /** The URL that its output names before a path. */
  url(before: string): string {
    return new RegExp(`http://127\\.0\\.0\\.1:\\d+(?=${before})`).exec(this.#output)?.[0] ?? '';
  }

  /** Closes what it writes to, as a terminal that is closed. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Ends it by a signal and gives its exit code; null where the signal killed it, or it had ended so. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exit;
    }
    return this.#child.exitCode;
  }
}
