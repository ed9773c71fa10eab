import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../machine/eventually.ts';

/** How a nats-server of a test is started. */
export interface NatsNodeOptions {
  readonly binary: string;
  /** Its name, for the variable NODE of the shipped files. */
  readonly name: string;
  /** Holds its configuration, its store `data` and its log `log`. */
  readonly folder: string;
  /** The name of its configuration in the folder. */
  readonly file: string;
  readonly clientPort: number;
  readonly monitorPort: number;
}

/** One nats-server on loopback, in a process of its own. */
export class NatsNode {
  readonly name: string;
  readonly clientPort: number;
  readonly folder: string;
  readonly #options: NatsNodeOptions;
  #process: ChildProcess | null = null;

  constructor(options: NatsNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.clientPort = options.clientPort;
    this.folder = options.folder;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts it, with what it stored before. Resolves when clients can connect; it may still catch up with others. */
  async start(): Promise<void> {
    const { binary, name, folder, file } = this.#options;
    const log = openSync(join(folder, 'log'), 'a');
    const env = { PATH: process.env['PATH'], NODE: name };
    this.#process = spawn(binary, ['-c', join(folder, file)], { cwd: folder, env, stdio: ['ignore', log, log] });
    closeSync(log);
    await eventually(`nats-server ${name} answers`, async () => {
      if (!this.isRunning) throw new Error(`nats-server ${name} ended:\n${this.log}`);
      return await isListening(this.clientPort);
    });
  }

  /** What it logged. */
  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  /** An answer of its monitoring endpoint; null if there is none, or it is not well. */
  async monitor(path: string): Promise<unknown> {
    const url = `http://127.0.0.1:${this.#options.monitorPort}${path}`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  /** Ends it at once, and keeps what it stored. It may be stopped. */
  async kill(): Promise<void> {
    if (!this.isRunning || !this.#process) return;
    const exit = once(this.#process, 'exit');
    this.signal('SIGKILL');
    await exit;
  }

  /** Sends it a signal, by its exact pid: SIGSTOP and SIGCONT halt it and let it go on, SIGHUP lets it read its files again. */
  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#process?.kill(name);
  }

  /** Copies its store to a new path. It must not run. */
  copyStore(): string {
    const copy = join(this.folder, `copy-${performance.now()}`);
    execFileSync('cp', ['-a', join(this.folder, 'data'), copy]);
    return copy;
  }

  /** Puts its store back to a copy, which stays. It must not run. */
  restoreStore(copy: string): void {
    execFileSync('rm', ['-rf', join(this.folder, 'data')]);
    execFileSync('cp', ['-a', copy, join(this.folder, 'data')]);
  }
}

/** The monitoring endpoint answers before clients can connect. */
function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
