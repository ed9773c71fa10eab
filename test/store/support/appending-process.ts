import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';

const APPENDER = fileURLToPath(new URL('./appender.ts', import.meta.url));

/** A process of its own that appends to a journal until it is killed. */
export class AppendingProcess {
  static readonly #running = new Set<AppendingProcess>();
  /** The whole lines that it printed: ids of stored events, and failures of the store. */
  readonly printed: string[] = [];
  readonly #process: ChildProcess;
  readonly #arrivals = new EventEmitter();
  #rest = '';
  #stderr = '';

  constructor(path: string, epoch: string) {
    this.#process = spawn(process.execPath, [APPENDER, path, epoch], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#process.once('exit', () => this.#arrivals.emit('line'));
    AppendingProcess.#running.add(this);
  }

  /** Kills those that a failed test left behind. */
  static async killAll(): Promise<void> {
    for (const running of AppendingProcess.#running) await running.kill();
  }

  /** Settles when `matches` accepts a printed line, or the number of lines so far. */
  async until(matches: (line: string, count: number) => boolean): Promise<void> {
    while (!this.printed.some((line, index) => matches(line, index + 1))) {
      if (this.#process.exitCode !== null) throw new Error(`the process ended: ${this.#stderr}`);
      await once(this.#arrivals, 'line');
    }
  }

  /** Kills it at once, and returns all lines that it had printed. */
  async kill(): Promise<readonly string[]> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'close');
    }
    AppendingProcess.#running.delete(this);
    return this.printed;
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.printed.push(...lines);
    this.#arrivals.emit('line');
  }
}
