import { setTimeout as delay } from 'node:timers/promises';
import type { TmuxEvent } from '../core/event/event.ts';
import type { Failure, Observation } from '../core/model/observation.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import { canonicalSocketPath } from '../files/socket-path.ts';
import { CommitQueue } from '../poll/commit-queue.ts';
import { Poller, type WaitFor } from '../poll/poller.ts';
import { type Occasion, PromptPolls } from '../poll/prompt-polls.ts';
import type { RunCommand } from '../proc/command/command.ts';
import { createCommandRunner } from '../proc/command/command-runner.ts';
import { Coroner } from '../proc/coroner.ts';
import { HazardWatch } from '../proc/hazard-watch.ts';
import { createProcPlatform, type ProcPlatform } from '../proc/platform.ts';
import { ChildWatch, type Parent } from '../proc/process/child-watch.ts';
import { type Collection, ProcessAccounting } from '../proc/process/process-accounting.ts';
import { PsPlatform } from '../proc/ps-platform.ts';
import { type ClientChoice, createAsking } from '../tmux/asking.ts';
import { createGatherer, type Platform } from '../tmux/evidence.ts';
import { Healer } from '../tmux/healer.ts';
import type { FleetWatches } from '../tmux/watch/watches.ts';
import type { Environment } from './environment.ts';
import { Finder, type FinderConfig, type Searched } from './finder.ts';
import { systemClock } from './system-clock.ts';

/** The part of the configuration for finding and polling servers. */
export interface MonitorConfig {
  readonly tmux: FinderConfig & { readonly binary: string; readonly client: ClientChoice };
  readonly collector: Readonly<Record<'window' | 'pane' | 'client' | 'process' | 'paneProcess', boolean>>;
  readonly heal: { readonly socket: boolean };
  readonly watch: { readonly enabled: boolean; readonly sessions: boolean };
  readonly poll: { readonly timeoutMs: number; readonly concurrency: number };
}

/** Callbacks of a monitor. */
export interface MonitorObserver {
  /** A poll was committed. `after` is the record as it is now; null if the server was found dead. */
  readonly onPoll: (name: string, failure: Failure | null, after: ServerRecord | null) => void;
  /** A command was run on a server. */
  readonly onCommand: (command: string, failed: boolean) => void;
  /** The server of a socket needs a tmux client, so it has no watch. */
  readonly onBinary?: (socket: string) => void;
  /** Called once for each live socket that cannot be registered. */
  readonly onRefusedSocket: (socket: string, message: string) => void;
  /** A search for servers failed because of a bug. Called once for each kind of error. */
  readonly onSearchFailed: (searched: Searched, error: unknown) => void;
  readonly onHealed: (name: string, pid: number) => void;
  readonly onCollected: (collection: Collection) => void;
  readonly onError: (error: unknown) => void;
}

/** The dependencies of a monitor. */
export interface MonitorOptions {
  readonly config: MonitorConfig;
  readonly environment: Environment;
  readonly registry: Registry;
  readonly observer: MonitorObserver;
  /** The death watches; null if deaths are found by polling alone. They outlive the monitor. */
  readonly watches: FleetWatches | null;
}

/** Finds and polls tmux servers, and commits the results to the registry. It has no state of its own, so a new monitor can replace it. */
export class Monitor {
  readonly poller: Poller;
  readonly #promptPolls: PromptPolls;
  readonly #platform: ProcPlatform;
  readonly #run: RunCommand;
  readonly #finder: Finder;
  readonly #hazards: HazardWatch;
  readonly #coroner: Coroner;
  readonly #healer: Healer | null;
  readonly #watches: FleetWatches | null;
  readonly #childWatch: ChildWatch | null;
  readonly #accounting: ProcessAccounting | null;
  readonly #commits: CommitQueue;
  readonly #options: MonitorOptions;
  #ticks = 0;
  #isClosed = false;

  constructor(options: MonitorOptions) {
    const { config, environment, observer } = options;
    this.#options = options;
    this.#commits = new CommitQueue(options.registry);
    this.#platform = createProcPlatform((pid) => environment.signal(pid, 0), canonicalSocketPath);
    this.#finder = new Finder({
      config: config.tmux,
      environment,
      registry: options.registry,
      platform: this.#platform,
      onRegistered: (name) => void this.#promptPolls.request(name, 'found'),
      onChanged: (name) => this.#promptPolls.request(name, 'changed'),
      onRefused: observer.onRefusedSocket,
      onSearchFailed: observer.onSearchFailed,
    });
    this.#run = createCommandRunner({ PATH: environment.path, LC_ALL: 'C' });
    const run = this.#run;
    const reader = this.#platform.containment;
    const { uid: ownUid, path, monotonicMs } = environment;
    const { uptime } = systemClock;
    const search = { run, ownUid, binary: config.tmux.binary, path, reader };
    this.#hazards = new HazardWatch(options.registry, search, uptime, observer.onError);
    this.#coroner = new Coroner(
      options.registry,
      { reader, run, ownUid, now: systemClock.now, monotonicMs, delay },
      observer.onError,
    );
    const { boundPaths, liveness } = this.#processes();
    const healed = { signal: environment.signal, boundPaths, liveness };
    this.#healer = config.heal.socket ? new Healer(healed, observer.onHealed, uptime) : null;
    this.#watches = options.watches;
    // Only Linux lists the children of a process.
    this.#childWatch = config.watch.sessions && this.#platform.available ? this.#createChildWatch() : null;
    this.#accounting = config.collector.process || config.collector.paneProcess ? this.#createAccounting() : null;
    this.poller = this.#createPoller();
    this.#promptPolls = new PromptPolls({
      get: (name) => options.registry.get(name),
      poll: (name, occasion) => this.#pollPromptly(name, occasion),
      uptime,
      setTimer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    });
  }

  /** The socket directory of the daemon's own user. */
  get ownDirectory(): string {
    return this.#finder.ownDirectory;
  }

  /** Whether a server would be found if nobody named it. */
  finds(record: ServerRecord): boolean {
    return this.#finder.finds(record);
  }

  /** Polls a server whose watch has ended, before all others. If the server has caused too many polls, this one waits. */
  pollUrgently(name: string): void {
    void this.#promptPolls.request(name, 'ended');
  }

  /** Stops polling until {@link resume}. Settles when no poll is in flight. */
  async pause(): Promise<void> {
    await this.poller.pause();
  }

  /** Polls again. */
  resume(): void {
    this.poller.resume();
    void this.poller.pollAll('start');
  }

  /** Scans for servers, polls every server, then measures their processes. The first tick also polls the servers that were restored from the store. */
  async tick(waitFor: WaitFor): Promise<void> {
    await this.#finder.scan();
    const isFirst = this.#ticks++ === 0;
    await this.poller.pollAll(isFirst ? 'start' : 'poll', waitFor);
    if (this.#isClosed) return;
    if (isFirst) this.#childWatch?.start();
    this.keepUp();
    await this.#accounting?.run();
  }

  /** Does the work that only depends on time. */
  keepUp(): void {
    this.#options.registry.sweep();
    void this.#hazards.scan();
  }

  /** Finds out why a reaped server died. */
  examine(dead: ServerRecord, notice: TmuxEvent): void {
    this.#coroner.examine(dead, notice);
  }

  /** Scans for hazards of the servers whose scan is due. */
  scanForHazards(): Promise<void> {
    return this.#hazards.scan();
  }

  /** Stops everything. Waits for polls that examine a death, and aborts all others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#finder.close();
    this.#childWatch?.stop();
    this.poller.hasten();
    await this.#promptPolls.close();
    await this.poller.close();
    this.#coroner.close();
  }

  #pollPromptly(name: string, occasion: Occasion): Promise<void> {
    if (occasion === 'found') return this.poller.pollNow(name, 'poll');
    return this.poller.pollAfresh(name, occasion === 'ended' ? 'watch' : 'poll');
  }

  /** Reads processes from /proc, or with `ps` if there is none. */
  #processes(): Platform & Pick<ProcPlatform, 'boundPaths'> {
    if (this.#platform.available) return this.#platform;
    const ps = new PsPlatform(this.#run);
    return { ...this.#platform, readClaim: ps.readClaim.bind(ps), liveness: ps.liveness.bind(ps) };
  }

  #createPoller(): Poller {
    const { config, environment, registry, observer } = this.#options;
    const { uid: ownUid, pid, variables } = environment;
    const asking = createAsking({
      client: config.tmux.client,
      binary: config.tmux.binary,
      variables,
      ownUid,
      pid,
      timeoutMs: config.poll.timeoutMs,
      executableOf: (socket, uid) => this.#platform.executableOf(socket, uid),
      onBinary: (socket) => observer.onBinary?.(socket),
      onCommand: (command, end) => observer.onCommand(command, end.kind !== 'exited' || end.code !== 0),
    });
    const platform = this.#processes();
    const watchEnd = async (name: string) => (await this.#watches?.endOf(name)) ?? null;
    const { window: windows, pane: panes, client: clients } = config.collector;
    const gather = createGatherer({
      asking,
      platform,
      ownUid,
      details: { windows, panes, clients },
      uptime: systemClock.uptime,
      delay,
      watchEnd,
    });
    return new Poller({
      concurrency: config.poll.concurrency,
      list: () => registry.list(),
      get: (name) => registry.get(name),
      gather,
      commit: (record, observation) => this.#commit(record, observation),
      onError: observer.onError,
    });
  }

  #createChildWatch(): ChildWatch {
    const { registry } = this.#options;
    let records: readonly ServerRecord[] = [];
    let parents: readonly Parent[] = [];
    return new ChildWatch({
      parents: () => {
        // Most checks find the records of the one before.
        if (records !== registry.list()) {
          records = registry.list();
          parents = parentsOf(records);
        }
        return parents;
      },
      onChange: (name) => void this.poller.pollAfresh(name, 'poll'),
    });
  }

  #createAccounting(): ProcessAccounting {
    const { config, registry, observer } = this.#options;
    const reader = this.#platform.processTable;
    const levels = { sessions: config.collector.process, panes: config.collector.paneProcess };
    return new ProcessAccounting({ registry, reader, levels, onCollected: observer.onCollected });
  }

  async #commit(before: ServerRecord, observation: Observation): Promise<void> {
    const { registry, observer } = this.#options;
    const { name } = before.target;
    await this.#commits.commit(before, observation);
    const after = registry.get(name);
    observer.onPoll(name, observation.answer.kind === 'failure' ? observation.answer.failure : null, after ?? null);
    if (!after) return;
    const isAlive = observation.evidence.process === 'alive';
    // A path that leads to another server would have that one watched.
    if ((isAlive || after.snapshot) && after.leadsTo === null) this.#watches?.follow(after, observation.startedAt);
    void this.#healer?.heal(after, isAlive).catch(observer.onError);
  }
}

function parentsOf(records: readonly ServerRecord[]): Parent[] {
  return records.flatMap(({ target, life, state }) => {
    if (!life?.process || state !== 'up') return [];
    return [{ name: target.name, pid: life.process.pid, children: life.holds?.panes ?? null }];
  });
}
