import type { Alerting } from './alert/alerting.ts';
import { joinAlerting, joinRelay } from './app/alerting.ts';
import { Announcer, type Log } from './app/announcer.ts';
import { BusLink, leavesFleet } from './app/bus-link.ts';
import type { Daemon, DaemonOptions } from './app/daemon.ts';
import { type EndPart, endingWith } from './app/ending.ts';
import { Engine } from './app/engine.ts';
import { canonicalServer, canonicalTarget } from './app/entrance.ts';
import { feedOptionsOf } from './app/feed-options.ts';
import { searchFailedText, whyNoneIsFound } from './app/finder.ts';
import { FleetLink } from './app/hub/fleet-link.ts';
import { Reloader } from './app/reloader.ts';
import {
  configuredTargets,
  createServersPort,
  describeServers,
  followLinks,
  registerConfigured,
  superfluous,
} from './app/server-directory.ts';
import { type OpenJournal, openJournal } from './app/storage.ts';
import { systemClock } from './app/system-clock.ts';
import { createTelemetry, type Telemetry } from './app/telemetry.ts';
import { FrontDoor, type RoutePorts } from './app/web/front-door.ts';
import type { Config } from './config/schema.ts';
import type { LoggedEvent } from './core/event/event-log.ts';
import { fleetNameOf } from './core/fleet/fleet-name.ts';
import type { Failure } from './core/model/observation.ts';
import { isSameEntry, type Target } from './core/model/server.ts';
import type { ServerRecord } from './core/record/record.ts';
import { Registry } from './core/registry/registry.ts';
import { createFeed, type Feed } from './feed/feed.ts';
import { socketFileKey } from './files/socket-path.ts';
import type { Reload } from './http/ports.ts';
import { FleetWatches } from './tmux/watch/watches.ts';

/** Maximum time that Ctrl-Z waits for the servers to be released. */
const LONGEST_SUSPENSION_MS = 1_000;

/** The daemon: it joins the rooms, starts them, and stops them in reverse order. */
export class App implements Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Log;
  readonly #end: EndPart;
  readonly #announcer: Announcer;
  readonly #telemetry: Telemetry;
  readonly #storage: OpenJournal;
  readonly #registry: Registry;
  /** The fleet that is read; null if this exporter is no hub. */
  readonly #hub: FleetLink | null;
  readonly #feed: Feed;
  readonly #door: FrontDoor;
  readonly #reloader: Reloader;
  readonly #watches: FleetWatches;
  #config: Config;
  #engine: Engine;
  #alerting: Alerting;
  #bus: BusLink;
  #ready = false;
  #isStopping = false;
  /** Why configured servers are not registered, by name. */
  #refusals: ReadonlyMap<string, string> = new Map();

  /** Throws a `StartRefusal` if the store may not be used. */
  constructor(options: DaemonOptions) {
    const { config, environment, log } = options;
    this.#options = options;
    this.#config = config;
    this.#log = log;
    this.#end = endingWith(log);
    this.#announcer = new Announcer(log);
    this.#telemetry = createTelemetry(environment, log, {
      view: () => this.#registry.view(),
      exposure: () => this.#config,
      heldWatches: () => this.#watches.held,
      droppedLogLines: options.droppedLogLines,
      ownProcess: true,
    });
    const { self } = this.#telemetry;
    this.#storage = openJournal(config.storage, environment, log, {
      onError: () => self.store.failed(),
      // The token of our own commands is in the same folder, or above it.
      onReplaced: () => void this.#door.makeOwnToken(),
    });
    this.#registry = new Registry({
      journal: this.#storage.journal,
      onEvent: (logged) => this.#publish(logged),
      onReaped: (dead, notice) => this.#engine.monitor.examine(dead, notice),
      onRenamed: (former, record) => this.#watches.rename(former, record),
      clock: systemClock,
      limits: () => ({ maxServers: this.#config.limits.servers, lingerMs: this.#config.reap.lingerMs }),
    });
    this.#hub = config.hub.enabled ? this.#createHub() : null;
    this.#feed = createFeed({
      local: { history: this.#storage.journal, snapshot: () => describeServers(this.#registry) },
      fleet: this.#hub?.fleet ?? null,
      host: environment.hostname,
      observer: self.feed,
      options: feedOptionsOf(config.feed),
    });
    this.#door = new FrontDoor({
      config,
      environment,
      log,
      self,
      ports: () => this.#ports(),
      closeFeed: () => this.#feed.close(),
    });
    this.#reloader = new Reloader({
      started: config,
      read: options.readConfig,
      change: (next) => this.#change(next),
      metrics: self.config,
      log,
    });
    this.#watches = new FleetWatches({
      ownUid: environment.uid,
      pid: environment.pid,
      uptime: systemClock.uptime,
      onEnd: (name) => this.#engine.monitor.pollUrgently(name),
      onRestart: () => self.watches.restarted(),
    });
    this.#engine = this.#createEngine();
    this.#alerting = this.#createAlerting();
    this.#bus = this.#createBus();
  }

  /** Listens, restores the stored servers, and returns the URL after the first tick. Throws a `StartRefusal`. */
  start(): Promise<string> {
    return this.#reloader.start(() => this.#start());
  }

  async #start(): Promise<string> {
    const { environment } = this.#options;
    await this.#door.open();
    this.#log.info(
      { version: environment.version, url: this.#door.url },
      `tmux-exporter ${environment.version} is listening on ${this.#door.urls.join(', ')}`,
    );
    const targets = this.#targets();
    const isConfigured = (target: Target) => targets.some((other) => isSameEntry(other, target));
    const { remembered } = this.#storage;
    const servers = remembered.servers.map(canonicalServer);
    const { bootId, pidNamespace } = environment;
    const present = { bootId, pidNamespace, isConfigured, fileAt: socketFileKey };
    this.#registry.restore({ ...remembered, servers }, present);
    this.#register(targets);
    this.#alerting.start();
    this.#bus.start();
    this.#hub?.start(this.#config);
    await this.#startPolls();
    if (this.#isStopping) return this.#door.url;
    this.#ready = true;
    this.#announcer.found(this.#registry.list(), this.#engine.monitor.ownDirectory, whyNoneIsFound(this.#config.tmux));
    return this.#door.url;
  }

  /** Ends everything, in reverse order of the start. Queued messages stay stored. An error of one part does not prevent the others from ending. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#ready = false;
    const settled = this.#reloader.stop();
    // The first poll is a part of the start.
    await this.#end('polls', () => this.#engine.stop());
    await settled;
    // A reload that was under way has begun others.
    await this.#end('polls', () => this.#engine.stop());
    await this.#end('watches', () => this.#watches.pause());
    await this.#end('alerting', () => this.#alerting.stop());
    await this.#end('bus', () => this.#bus.stop(true));
    await this.#end('HTTP server', () => this.#door.close());
    await this.#end('fleet', async () => this.#hub?.stop());
    await this.#end('store', async () => this.#storage.close());
  }

  /** Releases all servers before the process is stopped: a server that is ending waits for its connections to close. */
  async suspend(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LONGEST_SUSPENSION_MS);
    await Promise.race([Promise.all([this.#engine.monitor.pause(), this.#watches.pause()]), late]);
    clearTimeout(timer);
  }

  /** Watches and polls again after the process was continued. */
  resume(): void {
    if (isWatching(this.#config)) this.#watches.resume();
    this.#engine.monitor.resume();
  }

  /** Reads the configuration again; the old one stays if the new one is bad. It never rejects. */
  reload(): Promise<Reload> {
    return this.#reloader.reload();
  }

  async #change(config: Config): Promise<string | null> {
    const problem = await this.#door.moveTo(config.web);
    if (problem !== null) return problem;
    await this.#end('alerting', () => this.#alerting.stop());
    await this.#end('bus', () => this.#bus.stop(leavesFleet(this.#config, config)));
    // The last: until then servers are found.
    await this.#end('polls', () => this.#engine.stop());
    if (!isWatching(config)) await this.#watches.pause();
    else this.#watches.resume();
    this.#apply(config);
    // Without the option, the fleet is read as before until the next start.
    if (config.hub.enabled) await this.#end('fleet', async () => this.#hub?.change(config));
    return null;
  }

  #apply(config: Config): void {
    this.#config = config;
    this.#options.configureLog(config.log);
    this.#feed.configure(feedOptionsOf(config.feed));
    this.#door.configure();
    this.#telemetry.self.collectors.reset();
    this.#engine = this.#createEngine();
    this.#alerting = this.#createAlerting();
    this.#bus = this.#createBus();
    this.#reconfigure(this.#targets());
    this.#alerting.start();
    this.#bus.start();
    void this.#startPolls();
  }

  async #startPolls(): Promise<void> {
    if (await this.#engine.start()) this.#storage.confirm();
  }

  /** Registers the servers of a new configuration. A living server that is not configured any more stays, if it would be discovered. */
  #reconfigure(targets: readonly Target[]): void {
    const former = superfluous(this.#registry, targets);
    for (const name of former) this.#registry.release(name);
    this.#register(targets);
    for (const name of former) {
      const record = this.#registry.get(name);
      if (record?.target.registration === 'discovered' && !this.#engine.monitor.finds(record))
        this.#registry.deregister(name, false);
    }
  }

  #targets(): Target[] {
    return configuredTargets(this.#config.servers, this.#engine.monitor.ownDirectory);
  }

  /** A configured server that a person deregistered stays away until the next reload or start. */
  #isRemoved(target: Target): boolean {
    return !this.#registry.get(target.name) && this.#registry.isRemoved(canonicalTarget(target));
  }

  /** Registers configured servers. Each refusal is logged once, and again if its reason changes. */
  #register(targets: readonly Target[]): void {
    const refusals = this.#registry.together(() => registerConfigured(this.#registry, targets));
    for (const [server, message] of refusals)
      if (this.#refusals.get(server) !== message) this.#log.error({ server }, `not registered: ${message}`);
    this.#refusals = refusals;
  }

  /** Publishes a stored event. Counters come first, so that readers who are woken by the event find it counted. */
  #publish(appended: LoggedEvent): void {
    const logged = this.#presentOf(appended);
    const { event } = logged;
    this.#telemetry.self.observe(event);
    if (event.server && (event.type === 'server-gone' || event.type === 'server-unregistered')) {
      this.#watches.release(event.server.name);
    }
    this.#feed.publish(logged);
    this.#alerting.onEvent();
    this.#bus.onEvent();
    this.#announcer.event(event, !this.#ready);
  }

  /** The event as it is in the history: if it could not be stored, its id can be of another epoch by now. */
  #presentOf(appended: LoggedEvent): LoggedEvent {
    const [logged] = this.#storage.journal.after(appended.seq - 1, 1);
    return logged?.seq === appended.seq ? logged : appended;
  }

  #polled(name: string, failure: Failure | null, after: ServerRecord | null): void {
    if (failure && after) this.#telemetry.self.pollFailures.failed(name, failure.reason);
    if (after) this.#announcer.poll(after);
  }

  #ports(): RoutePorts {
    const pollNow = (name: string) => this.#engine.monitor.poller.pollNow(name, 'poll');
    return {
      scrape: async ({ timeoutMs, ...request }) => {
        await this.#engine.freshen(timeoutMs);
        return this.#telemetry.exposition.scrape(request);
      },
      feed: (request, response, holderOf) => this.#feed.handle(request, response, holderOf),
      ready: () => this.#ready,
      fleet: this.#hub?.fleet ?? null,
      servers: createServersPort(this.#registry, pollNow),
      history: this.#storage.journal,
      webhooks: {
        receivers: () => this.#alerting.receivers(),
        deadLetters: () => this.#alerting.deadLetters(),
        replay: (id) => this.#alerting.replay(id),
      },
      receiveAlerts: joinRelay(this.#config.alerts.receive, this.#joints, this.#names, (logged) =>
        this.#publish(logged),
      ),
      reload: this.#config.web.enableLifecycle ? () => this.reload() : null,
    };
  }

  get #names() {
    const { hostname } = this.#options.environment;
    return { hostname, fleetName: fleetNameOf(this.#config.fleet.name, hostname) };
  }

  get #joints() {
    return { storage: this.#storage, registry: this.#registry, self: this.#telemetry.self };
  }

  #createAlerting(): Alerting {
    const { environment, log } = this.#options;
    const { hostname: host, version } = environment;
    return joinAlerting({
      ...this.#joints,
      config: this.#config,
      log,
      sender: () => ({ host, version, url: this.#config.web.externalUrl ?? this.#door.url }),
      readFile: environment.readFile,
      variables: environment.variables,
    });
  }

  #createBus(): BusLink {
    const { environment, log } = this.#options;
    return new BusLink({ ...this.#joints, config: this.#config, environment, log });
  }

  #createHub(): FleetLink {
    const { environment, log } = this.#options;
    const { hub: metrics } = this.#telemetry.self;
    return new FleetLink({
      environment,
      log,
      metrics,
      onEvent: (event, isNew) => this.#feed.publishOfFleet(event, isNew),
    });
  }

  #createEngine(): Engine {
    const { environment, log } = this.#options;
    const { self } = this.#telemetry;
    return new Engine({
      config: this.#config,
      environment,
      registry: this.#registry,
      watches: isWatching(this.#config) ? this.#watches : null,
      observer: {
        onPoll: (name, failure, after) => this.#polled(name, failure, after),
        onCommand: (command, failed) => self.tmux.ran(command, failed),
        onRefusedSocket: (socket, message) => log.warn({ socket }, `not registered: ${message}`),
        onSearchFailed: (searched, error) => log.error({ err: error }, searchFailedText(searched)),
        onHealed: (server, pid) =>
          log.warn({ server, pid }, `sent SIGUSR1 to ${pid}, so that ${server} creates its socket again`),
        onCollected: (collection) => {
          self.collectors.ended(collection);
          this.#announcer.collection(collection);
        },
        onTick: (durationMs, intervalMs) => {
          self.polls.ended({ durationMs, intervalMs, endedAt: Date.now() });
          this.#register(this.#targets().filter((target) => !this.#isRemoved(target)));
          followLinks(this.#registry);
        },
        onSkip: () => self.polls.skipped(),
        onError: (error) => log.error({ err: error }, 'a poll failed because of a bug in the exporter'),
      },
    });
  }
}

/** Whether servers are watched. Those that are asked by a tmux client are only polled. */
function isWatching({ watch, tmux }: Config): boolean {
  return watch.enabled && tmux.client !== 'binary';
}
