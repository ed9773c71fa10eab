import type { Alerting } from './alert/alerting.ts';
import { joinAlerting, joinRelay } from './app/alerting.ts';
import { Announcer, type Log } from './app/announcer.ts';
import { BusLink, leavesFleet } from './app/bus-link.ts';
import { Engine } from './app/engine.ts';
import { canonicalServer, canonicalTarget } from './app/entrance.ts';
import type { Environment } from './app/environment.ts';
import { FIXED_OPTIONS, optionsForNextStart } from './app/reload.ts';
import {
  configuredTargets,
  createServersPort,
  describeServers,
  registerConfigured,
  superfluous,
} from './app/server-directory.ts';
import { StartRefusal } from './app/start-refusal.ts';
import { type OpenJournal, openJournal } from './app/storage.ts';
import { systemClock } from './app/system-clock.ts';
import { createTelemetry, type Telemetry } from './app/telemetry.ts';
import { guardsReads, listen, placeUrl, safetyProblem, wantedAddresses } from './app/web/listen.ts';
import { makeOwnToken, ownTokenPath } from './app/web/own-token.ts';
import { readTokens } from './app/web/token-files.ts';
import { openPolicy, type WebFileObserver } from './app/web/web-access.ts';
import { hostsOf, webPathsOf } from './app/web/web-paths.ts';
import type { Config } from './config/schema.ts';
import type { LoggedEvent } from './core/event/event-log.ts';
import type { Failure } from './core/model/observation.ts';
import { isSameEntry, type Target } from './core/model/server.ts';
import type { ServerRecord } from './core/record/record.ts';
import { Registry } from './core/registry/registry.ts';
import { SCOPES } from './core/scope.ts';
import { errorText } from './core/text.ts';
import { createFeed, type Feed } from './feed/feed.ts';
import { Doorkeeper } from './http/access/doorkeeper.ts';
import { OPEN_POLICY, type PolicySource, type WebPolicy } from './http/access/policy.ts';
import type { Token } from './http/access/token-check.ts';
import { type HttpParts, HttpServer } from './http/http-server.ts';
import type { Place } from './http/listen-address.ts';
import type { Reload } from './http/ports.ts';
import { FleetWatches } from './tmux/watch/watches.ts';

/** Maximum time that Ctrl-Z waits for the servers to be released. */
const LONGEST_SUSPENSION_MS = 1_000;

/** Maximum number of different problems of token files that are logged. */
const MOST_PROBLEMS = 100;

/** A configuration that was read again, or why it cannot be used. */
export type ConfigReading =
  | { readonly kind: 'loaded'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly message: string };

/** Options of {@link App}. */
export interface AppOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Log;
  /** Applies `log.*`. */
  readonly configureLog: (config: Config['log']) => void;
  /** The number of log lines that could not be written. */
  readonly droppedLogLines: () => number;
  readonly readConfig: () => Promise<ConfigReading>;
}

/** The daemon: it joins the rooms, starts them, and stops them in reverse order. */
export class App {
  readonly #options: AppOptions;
  readonly #log: Log;
  readonly #announcer: Announcer;
  readonly #telemetry: Telemetry;
  readonly #storage: OpenJournal;
  readonly #registry: Registry;
  readonly #feed: Feed;
  readonly #http: HttpServer;
  readonly #doorkeeper: Doorkeeper;
  readonly #watches: FleetWatches;
  #config: Config;
  #engine: Engine;
  #alerting: Alerting;
  #bus: BusLink;
  #policy: PolicySource = () => OPEN_POLICY;
  /** The file of the token for our own commands; null if it could not be made. */
  #ownToken: string | null = null;
  /** Problems of token files that were logged already. */
  readonly #tokenProblems = new Set<string>();
  #places: readonly Place[] = [];
  /** Of each place. */
  #urls: readonly string[] = [];
  #ready = false;
  #stopped = false;
  /** Why configured servers are not registered, by name. */
  #refusals: ReadonlyMap<string, string> = new Map();
  #reloading: Promise<unknown> = Promise.resolve();

  /** Throws a `StartRefusal` if the store may not be used. */
  constructor(options: AppOptions) {
    const { config, environment, log } = options;
    this.#options = options;
    this.#config = config;
    this.#log = log;
    this.#announcer = new Announcer(log);
    this.#telemetry = createTelemetry(environment, log, {
      view: () => this.#registry.view(),
      exposure: () => this.#config,
      heldWatches: () => this.#watches.held,
      droppedLogLines: options.droppedLogLines,
      ownProcess: true,
    });
    const { self } = this.#telemetry;
    self.config.loaded(Date.now());
    this.#reportFixed(config);
    this.#storage = openJournal(config.storage, environment, log, () => self.store.failed());
    this.#registry = new Registry({
      journal: this.#storage.journal,
      onEvent: (logged) => this.#publish(logged),
      onReaped: (dead, notice) => this.#engine.monitor.examine(dead, notice),
      clock: systemClock,
      limits: () => ({ maxServers: this.#config.limits.servers, lingerMs: this.#config.reap.lingerMs }),
    });
    this.#feed = createFeed({
      local: { history: this.#storage.journal, snapshot: () => describeServers(this.#registry) },
      fleet: null,
      host: environment.hostname,
      observer: self.feed,
      options: config.feed,
    });
    this.#doorkeeper = new Doorkeeper({
      policy: () => this.#policy(),
      guardsReads: () => guardsReads(this.#config.web),
      readTokens: () => this.#readTokens(),
      nowMs: environment.monotonicMs,
      onRefused: self.web.refused,
    });
    this.#http = this.#createHttp();
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
  async start(): Promise<string> {
    const { environment } = this.#options;
    await this.#makeOwnToken();
    await this.#open(this.#config.web);
    this.#log.info(
      { version: environment.version, url: this.#url },
      `tmux-exporter ${environment.version} is listening on ${this.#urls.join(', ')}`,
    );
    const targets = this.#targets();
    const isConfigured = (target: Target) => targets.some((other) => isSameEntry(other, target));
    const { remembered } = this.#storage;
    const servers = remembered.servers.map(canonicalServer);
    this.#registry.restore({ ...remembered, servers }, { bootId: environment.bootId, isConfigured });
    this.#register(targets);
    this.#alerting.start();
    this.#bus.start();
    await this.#engine.start();
    this.#ready = true;
    this.#announcer.found(this.#registry.list(), this.#engine.monitor.ownDirectory);
    return this.#url;
  }

  /** Ends everything, in reverse order of the start. Queued messages stay stored. An error of one part does not prevent the others from ending. */
  async stop(): Promise<void> {
    this.#ready = false;
    this.#stopped = true;
    await this.#reloading;
    await this.#end('polls', () => this.#engine.stop());
    await this.#end('watches', () => this.#watches.pause());
    await this.#end('alerting', () => this.#alerting.stop());
    await this.#end('bus', () => this.#bus.stop(true));
    await this.#end('HTTP server', () => this.#http.close());
    await this.#end('store', async () => this.#storage.close());
  }

  async #end(part: string, stop: () => Promise<void>): Promise<void> {
    try {
      await stop();
    } catch (error) {
      this.#log.error({ err: error }, `the ${part} did not end cleanly, because of a bug in the exporter`);
    }
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
    if (this.#config.watch.enabled) this.#watches.resume();
    this.#engine.monitor.resume();
  }

  /** Reads the configuration again; the old one stays if the new one is bad. It never rejects, and an error does not prevent later reloads. */
  reload(): Promise<Reload> {
    const reload = this.#reloading.then(() => this.#tryReload());
    this.#reloading = reload;
    return reload;
  }

  async #tryReload(): Promise<Reload> {
    try {
      return this.#stopped ? { kind: 'failed', message: 'the exporter is shutting down' } : await this.#reload();
    } catch (error) {
      this.#telemetry.self.config.failed();
      this.#log.error({ err: error }, 'the configuration was not read again, because of a bug in the exporter');
      return { kind: 'failed', message: 'an unexpected error: see the log of the exporter' };
    }
  }

  async #reload(): Promise<Reload> {
    const reading = await this.#options.readConfig();
    const problem = reading.kind === 'invalid' ? reading.message : await this.#moveTo(reading.config);
    if (problem !== null || reading.kind === 'invalid') return this.#refuse(problem ?? '');
    await this.#end('polls', () => this.#engine.stop());
    await this.#end('alerting', () => this.#alerting.stop());
    await this.#end('bus', () => this.#bus.stop(leavesFleet(this.#config, reading.config)));
    if (!reading.config.watch.enabled) await this.#watches.pause();
    else this.#watches.resume();
    this.#apply(reading.config);
    this.#telemetry.self.config.loaded(Date.now());
    const nextStart = this.#reportFixed(reading.config);
    const rest = nextStart.length > 0 ? `; a restart is needed for ${nextStart.join(', ')}` : '';
    this.#log.info({ nextStart }, `the configuration was read again${rest}`);
    return { kind: 'reloaded', nextStart };
  }

  #refuse(message: string): Reload {
    this.#telemetry.self.config.failed();
    this.#log.error({}, `the configuration was read again but is not used: ${message}`);
    return { kind: 'failed', message };
  }

  async #makeOwnToken(): Promise<void> {
    const { environment, config } = this.#options;
    // Without a store nothing is written to disk.
    if (!config.storage.enabled) return;
    const path = ownTokenPath(config.storage.path, environment);
    try {
      await makeOwnToken(path, environment);
      this.#ownToken = path;
    } catch (error) {
      const problem = errorText(error);
      this.#log.warn({ path }, `no token for our own commands (${problem}): changes need one of web.tokens`);
    }
  }

  #readTokens(): Promise<readonly Token[]> {
    const own = this.#ownToken === null ? [] : [{ file: this.#ownToken, scopes: SCOPES }];
    return readTokens([...this.#config.web.tokens, ...own], this.#options.environment.readFile, (problem) => {
      if (this.#tokenProblems.has(problem) || this.#tokenProblems.size >= MOST_PROBLEMS) return;
      this.#tokenProblems.add(problem);
      this.#log.warn({}, `a token is not used: ${problem}`);
    });
  }

  /** Applies the addresses and access rules of a configuration. Throws a `StartRefusal` if that is unsafe or impossible, and then changes nothing. */
  async #open(web: Config['web']): Promise<void> {
    const { self } = this.#telemetry;
    const { environment } = this.#options;
    const { systemdSocket } = this.#options.config.web;
    const addresses = wantedAddresses({ ...web, systemdSocket }, environment);
    // The address of a socket of systemd is only known once we listen on it.
    const problemOf = (policy: WebPolicy) =>
      safetyProblem(systemdSocket ? this.#places : web.listenAddress, web, policy);
    const former = this.#policy;
    this.#policy = await openPolicy(web, environment.readFile, problemOf, this.#webFileObserver);
    const policy = await this.#policy();
    try {
      this.#places = await listen(this.#http, addresses);
      const problem = problemOf(policy);
      if (problem !== null) throw new StartRefusal(problem);
    } catch (error) {
      this.#policy = former;
      throw error;
    }
    const { prefix } = webPathsOf(web);
    this.#urls = this.#places.map((place) => placeUrl(place, policy, prefix));
    if (web.config.file === null) self.webConfig.none();
    else self.webConfig.loaded(Date.now());
  }

  get #webFileObserver(): WebFileObserver {
    const { webConfig } = this.#telemetry.self;
    return {
      onLoaded: () => {
        webConfig.loaded(Date.now());
        this.#log.info({}, 'the web config file, or one of its certificates, has changed and is in force');
      },
      onFailed: (problem) => {
        webConfig.failed();
        this.#log.error(
          {},
          `the web config file has changed and is invalid; the previous one stays in force: ${problem}`,
        );
      },
    };
  }

  /** Switches to the address and access rules of a new configuration. If that is unsafe or impossible, it returns the problem and changes nothing. */
  async #moveTo({ web }: Config): Promise<string | null> {
    try {
      await this.#open(web);
      return null;
    } catch (error) {
      if (error instanceof StartRefusal) return error.message;
      throw error;
    }
  }

  #apply(config: Config): void {
    this.#config = config;
    this.#tokenProblems.clear();
    this.#options.configureLog(config.log);
    this.#feed.configure(config.feed);
    this.#http.configure(this.#httpParts());
    this.#telemetry.self.collectors.reset();
    this.#engine = this.#createEngine();
    this.#alerting = this.#createAlerting();
    this.#bus = this.#createBus();
    const targets = this.#targets();
    for (const name of superfluous(this.#registry, targets)) this.#registry.deregister(name, false);
    this.#register(targets);
    this.#alerting.start();
    this.#bus.start();
    void this.#engine.start();
  }

  /** Exposes and returns the options of a configuration that take effect only at the next start. */
  #reportFixed(config: Config): readonly string[] {
    const nextStart = optionsForNextStart(this.#options.config, config);
    for (const option of FIXED_OPTIONS) this.#telemetry.self.config.restartNeeded(option, nextStart.includes(option));
    return nextStart;
  }

  #targets(): Target[] {
    return configuredTargets(this.#config.servers, this.#engine.monitor.ownDirectory);
  }

  /** A configured server that a person deregistered stays away until the next reload or start. */
  #isRemoved(target: Target): boolean {
    return !this.#registry.get(target.name) && this.#registry.isRemoved(canonicalTarget(target).socket);
  }

  /** Registers configured servers. Each refusal is logged once, and again if its reason changes. */
  #register(targets: readonly Target[]): void {
    const refusals = this.#registry.together(() => registerConfigured(this.#registry, targets));
    for (const [server, message] of refusals)
      if (this.#refusals.get(server) !== message) this.#log.error({ server }, `not registered: ${message}`);
    this.#refusals = refusals;
  }

  /** Publishes a stored event. Counters come first, so that readers who are woken by the event find it counted. */
  #publish(logged: LoggedEvent): void {
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

  #polled(name: string, failure: Failure | null, after: ServerRecord | null): void {
    if (failure && after) this.#telemetry.self.pollFailures.failed(name, failure.reason);
    if (after) this.#announcer.poll(after);
  }

  #createHttp(): HttpServer {
    return new HttpServer({
      ...this.#httpParts(),
      closeFeed: () => this.#feed.close(),
      onCut: this.#telemetry.self.web.cut,
    });
  }

  #httpParts(): Pick<HttpParts, 'ports' | 'allowedHosts'> {
    const { environment, log } = this.#options;
    const { web } = this.#config;
    const pollNow = (name: string) => this.#engine.monitor.poller.pollNow(name, 'poll');
    return {
      ports: {
        version: environment.version,
        host: environment.hostname,
        scrape: async ({ timeoutMs, ...request }) => {
          await this.#engine.freshen(timeoutMs);
          return this.#telemetry.exposition.scrape(request);
        },
        feed: (request, response, login) => this.#feed.handle(request, response, login),
        ready: () => this.#ready,
        fleet: null,
        servers: createServersPort(this.#registry, pollNow),
        history: this.#storage.journal,
        webhooks: {
          receivers: () => this.#alerting.receivers(),
          deadLetters: () => this.#alerting.deadLetters(),
          replay: (id) => this.#alerting.replay(id),
        },
        receiveAlerts: joinRelay(this.#config.alerts.receive, this.#joints, (logged) => this.#publish(logged)),
        reload: web.enableLifecycle ? () => this.reload() : null,
        onError: (error) => log.error({ err: error }, 'a request failed because of a bug in the exporter'),
        doorkeeper: this.#doorkeeper,
        paths: webPathsOf(web),
        now: Date.now,
      },
      allowedHosts: hostsOf(web),
    };
  }

  /** The first address. */
  get #url(): string {
    return this.#urls[0] ?? '';
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
      sender: () => ({ host, version, url: this.#config.web.externalUrl ?? this.#url }),
      readFile: environment.readFile,
      variables: environment.variables,
    });
  }

  #createBus(): BusLink {
    const { environment, log } = this.#options;
    return new BusLink({ ...this.#joints, config: this.#config, environment, log });
  }

  #createEngine(): Engine {
    const { environment, log } = this.#options;
    const { self } = this.#telemetry;
    return new Engine({
      config: this.#config,
      environment,
      registry: this.#registry,
      // Servers that are asked by a tmux client are only polled, not watched.
      watches: this.#config.watch.enabled && this.#config.tmux.client !== 'binary' ? this.#watches : null,
      observer: {
        onPoll: (name, failure, after) => this.#polled(name, failure, after),
        onCommand: (command, failed) => self.tmux.ran(command, failed),
        onRefusedSocket: (socket, message) => log.warn({ socket }, `not registered: ${message}`),
        onHealed: (server, pid) =>
          log.warn({ server, pid }, `sent SIGUSR1 to ${pid}, so that ${server} creates its socket again`),
        onCollected: (collection) => {
          self.collectors.ended(collection);
          this.#announcer.collection(collection);
        },
        onTick: (durationMs, intervalMs) => {
          self.polls.ended({ durationMs, intervalMs, endedAt: Date.now() });
          this.#register(this.#targets().filter((target) => !this.#isRemoved(target)));
        },
        onSkip: () => self.polls.skipped(),
        onError: (error) => log.error({ err: error }, 'a poll failed because of a bug in the exporter'),
      },
    });
  }
}
