import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon, daemonFlags, runCli, runJob } from '../daemon/daemon.ts';
import { eventually } from '../machine/eventually.ts';
import { inState, processLife } from '../machine/process-life.ts';
import { connectionsBelow, connectionsTo } from '../tmux/watched.ts';
import { type Disturbance, isDisturbed } from './life.ts';
import type { IsWatched } from './place.ts';
import { Witness } from './witness.ts';

/** A connection that was seen for this many seconds is no poll, and its server has surely accepted it. */
const SETTLED = 2.5;

/** How often connections are listed, in milliseconds. */
const SAMPLE_MS = 250;

/** The content of its configuration file; null is a file that does not parse. */
export type RestlessConfig = {
  readonly servers: readonly { name: string; socket: string }[];
  readonly timeout: string;
} | null;

/** A daemon that is killed, started again and reloaded all the time, and whose feed is followed through it all. */
export class RestlessDaemon {
  readonly witness = new Witness();
  readonly disturbances: Disturbance[] = [{ from: 0, to: null }];
  readonly problems: string[] = [];
  readonly #sockets: string;
  readonly #state: string;
  readonly #search: readonly string[];
  #daemon: Daemon | null = null;
  /** Since when each connection to a server has been there, Unix milliseconds. */
  #seenSince = new Map<string, number>();
  #sampling: NodeJS.Timeout | undefined;
  /** When the present one was started, Unix milliseconds. */
  startedAt = 0;

  /** `state` is a folder below which all its servers listen; `names` are patterns of the servers that it is to find by their processes, none for no such search. */
  constructor(sockets: string, state: string, names: readonly string[]) {
    this.#sockets = sockets;
    this.#state = state;
    this.#search =
      names.length === 0 ? [] : ['--tmux.discover-processes', ...names.map((name) => `--tmux.server-include=${name}`)];
  }

  /** The daemon that runs; null between a kill and a start. */
  get daemon(): Daemon | null {
    return this.#daemon;
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  get url(): string {
    return this.#daemon?.url ?? '';
  }

  /** Writes the configuration that the next start or reload reads. */
  async configure(config: RestlessConfig): Promise<void> {
    // JSON is YAML.
    const text = config ? JSON.stringify({ servers: config.servers, poll: { timeout: config.timeout } }) : 'servers: [';
    await writeFile(this.#configFile, text);
  }

  /** Starts it, and follows its feed. */
  async start(): Promise<void> {
    this.startedAt = Date.now();
    this.#daemon = await Daemon.start(this.#options);
    await this.witness.follow(this.#daemon.url);
    this.#beginSampling();
    this.#settle();
  }

  /** Starts it and kills it before it knows what is happening. */
  async startInVain(afterMs: number): Promise<void> {
    const { flags } = this.#options;
    const child = runCli(['serve', ...daemonFlags(this.#sockets, { state: this.#state, flags })]);
    child.stdout?.resume();
    child.stderr?.resume();
    await delay(afterMs);
    if (child.exitCode !== null) this.problems.push(`a start ended with ${child.exitCode}`);
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  /** Kills it, and sees to it that its watches leave with it. */
  async kill(): Promise<void> {
    this.#disturb();
    await this.#daemon?.stop('SIGKILL');
    this.#daemon = null;
    this.#endSampling();
    await this.witness.ended();
  }

  /** Has it read its configuration again. */
  async reload(): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon) return;
    this.#disturb();
    const lines = daemon.log.length;
    daemon.kill('SIGHUP');
    const isRead = ({ msg }: { msg: string }) => msg.startsWith('the configuration was read again');
    await eventually('the configuration is read again', () => daemon.log.slice(lines).some(isRead), 20_000);
    this.#settle();
  }

  /** Stops it for a while. */
  async stopFor(name: 'SIGTSTP' | 'SIGSTOP', ms: number): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon) return;
    this.#disturb();
    daemon.kill(name);
    await inState(processLife(daemon.pid), 'T');
    await delay(ms);
    daemon.kill('SIGCONT');
    this.#settle();
  }

  /** Ends it in good order; gives how long that took. */
  async stop(): Promise<number> {
    const begun = performance.now();
    const code = await this.#daemon?.stop();
    if (code !== 0) this.problems.push(`the daemon ended with ${code}`);
    this.#daemon = null;
    this.#endSampling();
    await this.witness.ended();
    return performance.now() - begun;
  }

  /** Whether the daemon has had a watch on a socket for long enough. */
  hasWatch(socket: string): boolean {
    return this.#secondsOf(socket) > SETTLED;
  }

  /** Whether a watch has surely reached a server that has been stopped for so long. A stopped server keeps its end of a watch that the daemon has left. */
  readonly isWatched: IsWatched = (socket, stoppedSeconds) => {
    const now = Date.now();
    const wasLeft = stoppedSeconds > 0 && isDisturbed(this.disturbances, now - stoppedSeconds * 1000, now);
    return !wasLeft && this.#secondsOf(socket) > SETTLED + stoppedSeconds;
  };

  /** For how long the oldest connection to a socket has been seen. */
  #secondsOf(socket: string): number {
    const seen = connectionsTo(socket).map((inode) => this.#seenSince.get(`${inode} ${socket}`) ?? Date.now());
    return seen.length === 0 ? 0 : (Date.now() - Math.min(...seen)) / 1000;
  }

  #beginSampling(): void {
    this.#sampling = setInterval(() => {
      const before = this.#seenSince;
      this.#seenSince = new Map();
      for (const connection of connectionsBelow(this.#state))
        this.#seenSince.set(connection, before.get(connection) ?? Date.now());
    }, SAMPLE_MS);
  }

  #endSampling(): void {
    clearInterval(this.#sampling);
    this.#seenSince = new Map();
  }

  get #options() {
    return {
      run: runJob,
      sockets: this.#sockets,
      state: this.#state,
      flags: [`--config.file=${this.#configFile}`, ...this.#search],
    };
  }

  get #configFile(): string {
    return join(this.#state, 'config.yaml');
  }

  #disturb(): void {
    if (this.disturbances.at(-1)?.to !== null) this.disturbances.push({ from: Date.now(), to: null });
  }

  #settle(): void {
    const last = this.disturbances.at(-1);
    if (last) last.to ??= Date.now();
  }
}
