import { setTimeout as delay } from 'node:timers/promises';
import type { TmuxEvent } from '../core/event.ts';
import type { Failure, Observation, Trigger } from '../core/observation.ts';
import type { ServerRecord } from '../core/record.ts';
import type { Registry } from '../core/registry.ts';
import { Poller, type WaitFor } from '../poll/poller.ts';
import type { RunCommand } from '../proc/command.ts';
import { createProcPlatform, type ProcPlatform } from '../proc/platform.ts';
import { PsPlatform } from '../proc/ps-platform.ts';
import { type ClientExit, createCommandRunner, createTmuxClient, takingTurns } from '../tmux/client.ts';
import { ClientHost } from '../tmux/client-host.ts';
import { createObserver } from '../tmux/observer.ts';
import { type ProgramExit, type ProgramRun, runProgram } from '../tmux/run-program.ts';
import { Coroner } from './coroner.ts';
import type { Environment } from './environment.ts';
import { Finder, type FinderConfig } from './finder.ts';
import { HazardWatch } from './hazard-watch.ts';
import { Healer } from './healer.ts';
import { endLeftoverWatches } from './leftover-watches.ts';
import { type Collection, ProcessAccounting } from './process-accounting.ts';
import { FleetWatches } from './watches.ts';

/** For so few servers a process that runs their clients costs more than it saves. */
const MOST_UNHOSTED = 16;

/** The part of the configuration by which servers are found and polled. */
export interface MonitorConfig {
  readonly tmux: FinderConfig & { readonly binary: string };
  readonly collector: Readonly<Record<'window' | 'pane' | 'client' | 'process' | 'paneProcess', boolean>>;
  readonly heal: { readonly socket: boolean };
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
  readonly onHealed: (name: string, pid: number) => void;
  readonly onWatchRestart: () => void;
  readonly onCollected: (collection: Collection) => void;
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
  readonly #platform: ProcPlatform;
  readonly #run: RunCommand;
  readonly #finder: Finder;
  readonly #hazards: HazardWatch;
  readonly #coroner: Coroner;
  readonly #healer: Healer | null;
  readonly #watches: FleetWatches | null;
  readonly #accounting: ProcessAccounting | null;
  readonly #clientHost: ClientHost;
  readonly #options: MonitorOptions;
  #ticks = 0;

  constructor(options: MonitorOptions) {
    const { config, environment, observer } = options;
    this.#options = options;
    this.#platform = createProcPlatform((pid) => environment.signal(pid, 0));
    this.#finder = new Finder({
      config: config.tmux,
      environment,
      registry: options.registry,
      platform: this.#platform,
      onRegistered: (name) => void this.poller.pollNow(name, 'poll'),
      onRefused: observer.onRefusedSocket,
    });
    this.#run = createCommandRunner({ PATH: environment.path, LC_ALL: 'C' });
    const run = this.#run;
    const reader = this.#platform.surroundings;
    const { uid: ownUid, path, monotonicMs } = environment;
    this.#hazards = new HazardWatch(options.registry, { run, ownUid, binary: config.tmux.binary, path, reader });
    this.#coroner = new Coroner(
      options.registry,
      { reader, run, ownUid, now: Date.now, monotonicMs, delay },
      observer.onError,
    );
    this.#healer = config.heal.socket ? new Healer(environment, observer.onHealed) : null;
    this.#watches = config.watch.enabled ? this.#createWatches() : null;
    this.#accounting = config.collector.process || config.collector.paneProcess ? this.#createAccounting() : null;
    this.#clientHost = new ClientHost({ PATH: environment.path });
    this.poller = this.#createPoller();
  }

  /** Where the daemon's own user has its sockets. */
  get ownDirectory(): string {
    return this.#finder.ownDirectory;
  }

  /** How many death watches have reached their servers. */
  get heldWatches(): number {
    return this.#watches?.held ?? 0;
  }

  /** Ends the death watches that a daemon left behind which was killed, where the kernel did not do so. */
  async endLeftovers(): Promise<void> {
    if (this.#watches && this.#options.environment.setpriv === null)
      await endLeftoverWatches(this.#run, this.#options.environment);
  }

  /** Looks for servers, then at every server, and last at their processes. The first tick looks at those that were known before we started, too. */
  async tick(waitFor: WaitFor): Promise<void> {
    await this.#finder.look();
    await this.poller.pollAll(this.#ticks++ === 0 ? 'start' : 'poll', waitFor);
    this.keepUp();
    await this.#accounting?.run();
  }

  /** Does what is due by time alone. */
  keepUp(): void {
    this.#options.registry.sweep();
    void this.#hazards.look().catch(this.#options.observer.onError);
  }

  /** Lets go of a server that is not registered any more. */
  release(name: string): void {
    this.#watches?.release(name);
  }

  /** Finds out why a server died that was reaped. */
  examine(dead: ServerRecord, notice: TmuxEvent): void {
    this.#coroner.examine(dead, notice);
  }

  /** Looks for the dangers to the servers that are due. */
  lookForHazards(): Promise<void> {
    return this.#hazards.look();
  }

  /** Ends all watching and waits for what is in flight. */
  async close(): Promise<void> {
    this.#finder.close();
    // A look that is in flight still needs the watches to tell how a server died.
    await this.poller.close();
    this.#coroner.close();
    await this.#watches?.close();
    await this.#clientHost.close();
  }

  #createPoller(): Poller {
    const { config, environment, registry, observer } = this.#options;
    const client = createTmuxClient({
      binary: config.tmux.binary,
      timeoutMs: config.poll.timeoutMs,
      environment: { PATH: environment.path },
      onExit: observer.onClientExit,
      run: this.#createRunner(),
    });
    const ps = this.#platform.available ? null : new PsPlatform(this.#run);
    const platform = ps
      ? { ...this.#platform, markProcess: ps.markProcess.bind(ps), liveness: ps.liveness.bind(ps) }
      : this.#platform;
    const watchEnd = async (name: string) => (await this.#watches?.endOf(name)) ?? null;
    const { window: windows, pane: panes, client: clients } = config.collector;
    const observe = createObserver({
      client,
      platform,
      ownUid: environment.uid,
      details: { windows, panes, clients },
      now: Date.now,
      delay,
      watchEnd,
    });
    return new Poller({
      concurrency: config.poll.concurrency,
      list: () => registry.list(),
      get: (name) => registry.get(name),
      observe,
      commit: (record, observation) => this.#commit(record, observation),
      onError: observer.onError,
    });
  }

  #createRunner(): (run: ProgramRun) => Promise<ProgramExit> {
    const { registry } = this.#options;
    const runHere = takingTurns(runProgram);
    return (run) => (registry.size > MOST_UNHOSTED ? this.#clientHost.run(run) : runHere(run));
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

  #createAccounting(): ProcessAccounting {
    const { config, registry, observer } = this.#options;
    const reader = this.#platform.processTable;
    const levels = { sessions: config.collector.process, panes: config.collector.paneProcess };
    return new ProcessAccounting({ registry, reader, levels, onCollected: observer.onCollected });
  }

  #commit(before: ServerRecord, observation: Observation): void {
    const { registry, observer } = this.#options;
    const { name } = before.target;
    registry.apply(name, before.generation, observation);
    const after = registry.get(name);
    observer.onPoll(name, observation.answer.kind === 'failure' ? observation.answer.failure : null, after ?? null);
    if (!after) return;
    const isAlive = observation.evidence.process === 'alive';
    if (isAlive || after.snapshot) void this.#watches?.follow(after, observation.startedAt).catch(observer.onError);
    void this.#healer?.heal(after, isAlive).catch(observer.onError);
  }
}
