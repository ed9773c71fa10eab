import { setTimeout as delay } from 'node:timers/promises';
import type { Failure, Observation, Trigger } from '../core/observation.ts';
import type { ServerRecord } from '../core/record.ts';
import type { Registry } from '../core/registry.ts';
import { Poller } from '../poll/poller.ts';
import { createProcPlatform } from '../proc/platform.ts';
import { type ClientExit, createTmuxClient } from '../tmux/client.ts';
import { SocketDirectory } from '../tmux/discovery.ts';
import { createObserver } from '../tmux/observer.ts';
import { probeSocket } from '../tmux/probe.ts';
import { allSocketDirectories, discoveredName, ownSocketDirectory, readLogins } from '../tmux/socket-directories.ts';
import type { Environment } from './environment.ts';
import { FleetWatches } from './watches.ts';

/** The part of the configuration by which servers are found and polled. */
export interface MonitorConfig {
  readonly tmux: {
    readonly binary: string;
    readonly discover: boolean;
    readonly discoverAllUsers: boolean;
    readonly socketDirectory: string | null;
  };
  readonly watch: { readonly enabled: boolean; readonly sessions: boolean };
  readonly poll: { readonly timeoutMs: number; readonly concurrency: number };
}

/** Whom a monitor tells of what it does. */
export interface MonitorObserver {
  /** After each look was committed, with the record as it is now; a server that died of it has none. */
  readonly onPoll: (name: string, failure: Failure | null, after: ServerRecord | null) => void;
  readonly onClientExit: (command: string, exit: ClientExit) => void;
  /** Once for each live socket that cannot be registered. */
  readonly onRefusedSocket: (socket: string, message: string) => void;
  readonly onWatchRestart: () => void;
  readonly onError: (error: unknown) => void;
}

/** What a monitor needs. */
export interface MonitorOptions {
  readonly config: MonitorConfig;
  readonly environment: Environment;
  readonly registry: Registry;
  readonly observer: MonitorObserver;
}

/** Finds tmux servers, looks at them, and commits what it sees to the registry. It keeps nothing of its own, so a new one can take its place. */
export class Monitor {
  readonly poller: Poller;
  readonly #watches: FleetWatches | null;
  readonly #options: MonitorOptions;
  readonly #directories = new Map<string, SocketDirectory>();
  readonly #refusedSockets = new Set<string>();
  #ticks = 0;
  #logins: ReadonlyMap<number, string> = new Map();

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#watches = options.config.watch.enabled ? this.#createWatches() : null;
    this.poller = this.#createPoller();
  }

  /** Where the daemon's own user has its sockets. */
  get ownDirectory(): string {
    const { config, environment } = this.#options;
    return config.tmux.socketDirectory ?? ownSocketDirectory(environment.tmuxTmpdir, environment.uid);
  }

  /** Looks for servers, then at every server. The first tick looks at those that were known before we started, too. */
  async tick(): Promise<void> {
    await this.#discover();
    await this.poller.pollAll(this.#ticks++ === 0 ? 'start' : 'poll');
    this.#options.registry.sweep();
  }

  /** Lets go of a server that is not registered any more. */
  release(name: string): void {
    this.#watches?.release(name);
  }

  /** Ends all watching and waits for what is in flight. */
  async close(): Promise<void> {
    for (const directory of this.#directories.values()) directory.close();
    this.#directories.clear();
    // A look that is in flight still needs the watches to tell how a server died.
    await this.poller.idle();
    await this.#watches?.close();
  }

  async #discover(): Promise<void> {
    const { discover, discoverAllUsers } = this.#options.config.tmux;
    if (!discover) return;
    if (discoverAllUsers) this.#logins = await readLogins();
    const others = discoverAllUsers ? await allSocketDirectories(this.ownDirectory) : [];
    const paths = [...new Set([this.ownDirectory, ...others])];
    await Promise.all(paths.map((path) => this.#directory(path).look()));
  }

  #directory(path: string): SocketDirectory {
    const known = this.#directories.get(path);
    if (known) return known;
    const { registry } = this.#options;
    const directory = new SocketDirectory({
      directory: path,
      probe: probeSocket,
      isKnown: (socket) => registry.bySocket(socket) !== undefined,
      onLiveSocket: (socket) => this.#found(socket),
      now: Date.now,
    });
    this.#directories.set(path, directory);
    return directory;
  }

  #found(socket: string): void {
    const name = discoveredName(socket, this.ownDirectory, this.#logins);
    const result = this.#options.registry.register({ name, socket, registration: 'discovered' });
    if (result.kind === 'refused') this.#refused(socket, result.code, result.message);
    else if (result.kind === 'registered') void this.poller.pollNow(result.record.target.name, 'poll');
  }

  #refused(socket: string, code: string, message: string): void {
    if (code === 'ignored' || this.#refusedSockets.has(socket)) return;
    this.#refusedSockets.add(socket);
    this.#options.observer.onRefusedSocket(socket, message);
  }

  #createPoller(): Poller {
    const { config, environment, registry, observer } = this.#options;
    const client = createTmuxClient({
      binary: config.tmux.binary,
      timeoutMs: config.poll.timeoutMs,
      environment: { PATH: environment.path },
      onExit: observer.onClientExit,
    });
    const platform = createProcPlatform(environment.signalZero);
    const watchEnd = async (name: string) => (await this.#watches?.endOf(name)) ?? null;
    const observe = createObserver({ client, platform, ownUid: environment.uid, now: Date.now, delay, watchEnd });
    return new Poller({
      concurrency: config.poll.concurrency,
      list: () => registry.list(),
      get: (name) => registry.get(name),
      observe,
      commit: (record, observation) => this.#commit(record, observation),
      onError: observer.onError,
    });
  }

  #createWatches(): FleetWatches {
    const { config, environment, registry, observer } = this.#options;
    const look = (name: string, trigger: Trigger) => void this.poller.pollAfresh(name, trigger);
    return new FleetWatches({
      binary: config.tmux.binary,
      environment,
      registry,
      setpriv: environment.setpriv,
      onSessionsChanged: config.watch.sessions ? (name) => look(name, 'poll') : null,
      onEnd: (name) => look(name, 'watch'),
      onRestart: observer.onWatchRestart,
    });
  }

  #commit(before: ServerRecord, observation: Observation): void {
    const { registry, observer } = this.#options;
    const { name } = before.target;
    registry.apply(name, before.generation, observation);
    const after = registry.get(name);
    observer.onPoll(name, observation.answer.kind === 'failure' ? observation.answer.failure : null, after ?? null);
    if (after) void this.#watches?.follow(after);
  }
}
