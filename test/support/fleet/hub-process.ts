import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { runCli } from '../daemon/daemon.ts';
import { eventually } from '../machine/eventually.ts';
import { freePort } from '../machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

/** A start, and the reading of what the bus holds. */
const READY_MS = 60_000;

/** How a hub is started. */
export interface HubProcessOptions {
  /** Its way to the bus. */
  readonly env: NodeJS.ProcessEnv;
  readonly flags?: readonly string[];
  /** Runs the command line in another way than from the sources. */
  readonly run?: typeof runCli;
}

/** `tmux-exporter hub`, in a process of its own, always on the same port. */
export class HubProcess {
  readonly url: string;
  /** The messages of its log. */
  readonly log: string[] = [];
  readonly #options: HubProcessOptions;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(options: HubProcessOptions, port: number, folder: string) {
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#process = this.#run();
  }

  /** Starts it. Resolves when it has read the bus. */
  static async start(options: HubProcessOptions): Promise<HubProcess> {
    const hub = new HubProcess(options, await freePort(), await makePrivateFolder());
    await hub.ready();
    return hub;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves when it has read the bus. */
  async ready(): Promise<void> {
    await eventually(`the hub at ${this.url} is ready`, () => this.#isReady(), READY_MS).catch((error: unknown) => {
      throw new Error(`the hub is not ready:\n${this.log.join('\n')}`, { cause: error });
    });
  }

  /** Ends it at once, and starts it again. Resolves when it has read the bus. */
  async restart(): Promise<void> {
    await this.#kill();
    this.#process = this.#run();
    await this.ready();
  }

  async cleanup(): Promise<void> {
    await this.#kill();
    await removeFolder(this.#folder);
  }

  /** The value of one series; null if there is none. */
  async sample(series: string): Promise<number | null> {
    const text = await (await fetch(`${this.url}/metrics`, { headers: { accept: 'text/plain' } })).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
    return line === undefined ? null : Number(line.slice(series.length + 1));
  }

  #run(): ChildProcess {
    const { env, flags = [], run = runCli } = this.#options;
    const address = `--web.listen-address=${new URL(this.url).host}`;
    const state = { XDG_STATE_HOME: this.#folder, XDG_CACHE_HOME: this.#folder };
    const child = run(['hub', address, '--log.format=json', ...flags], { ...state, ...env });
    createInterface({ input: child.stderr ?? ([] as never) }).on('line', (line) => {
      this.log.push(line.startsWith('{') ? (JSON.parse(line) as { msg: string }).msg : line);
    });
    return child;
  }

  async #isReady(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error(`the hub ended:\n${this.log.join('\n')}`);
    return fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async #kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
