import type { Config } from '../../config/schema.ts';
import { createFeed, type Feed } from '../../feed/feed.ts';
import type { Reload } from '../../http/ports.ts';
import type { Log } from '../announcer.ts';
import type { Daemon, DaemonOptions } from '../daemon.ts';
import { type EndPart, endingWith } from '../ending.ts';
import { feedOptionsOf } from '../feed-options.ts';
import { asHub } from '../hub-config.ts';
import { Reloader } from '../reloader.ts';
import { createHubTelemetry, type HubTelemetry } from '../telemetry.ts';
import { FrontDoor, type RoutePorts } from '../web/front-door.ts';
import { FleetLink } from './fleet-link.ts';

/** The daemon of a hub: it reads the events of a fleet from the bus, and serves them. It has no tmux and no store. */
export class HubApp implements Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Log;
  readonly #end: EndPart;
  readonly #telemetry: HubTelemetry;
  readonly #link: FleetLink;
  readonly #feed: Feed;
  readonly #door: FrontDoor;
  readonly #reloader: Reloader;
  #config: Config;
  #isStopping = false;

  constructor(options: DaemonOptions) {
    const { config, environment, log, droppedLogLines } = options;
    this.#options = options;
    this.#config = config;
    this.#log = log;
    this.#end = endingWith(log);
    this.#telemetry = createHubTelemetry(environment, log, { exposure: () => this.#config, droppedLogLines });
    const { self } = this.#telemetry;
    this.#link = new FleetLink({
      environment,
      log,
      metrics: self.hub,
      onEvent: (event, isNew) => this.#feed.publishOfFleet(event, isNew),
    });
    this.#feed = createFeed({
      local: null,
      fleet: this.#link.fleet,
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
      started: asHub(config),
      read: async () => {
        const reading = await options.readConfig();
        return reading.kind === 'loaded' ? { ...reading, config: asHub(reading.config) } : reading;
      },
      change: (next) => this.#change(next),
      metrics: self.config,
      log,
    });
  }

  /** Listens, begins to read the bus, and returns the URL: a bus that is down does not stop it. Throws a `StartRefusal`. */
  start(): Promise<string> {
    return this.#reloader.start(() => this.#start());
  }

  async #start(): Promise<string> {
    const { version } = this.#options.environment;
    await this.#door.open();
    const { url, urls } = this.#door;
    this.#log.info({ version, url }, `tmux-exporter ${version}, a hub, is listening on ${urls.join(', ')}`);
    this.#link.start(this.#config);
    return url;
  }

  /** Ends everything. An error of one part does not prevent the others from ending. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#reloader.stop();
    await this.#end('HTTP server', () => this.#door.close());
    await this.#end('bus', () => this.#link.stop());
  }

  /** Reads the configuration again; the old one stays if the new one is bad. It never rejects. */
  reload(): Promise<Reload> {
    return this.#reloader.reload();
  }

  async #change(config: Config): Promise<string | null> {
    const problem = await this.#door.moveTo(config.web);
    if (problem !== null) return problem;
    this.#config = config;
    this.#options.configureLog(config.log);
    this.#feed.configure(feedOptionsOf(config.feed));
    this.#door.configure();
    await this.#end('bus', () => this.#link.change(config));
    return null;
  }

  #ports(): RoutePorts {
    return {
      scrape: (request) => this.#telemetry.exposition.scrape(request),
      feed: (request, response, holderOf) => this.#feed.handle(request, response, holderOf),
      ready: () => !this.#isStopping && this.#link.fleet.source.hasRead,
      fleet: this.#link.fleet,
      servers: null,
      history: null,
      webhooks: null,
      receiveAlerts: null,
      reload: this.#config.web.enableLifecycle ? () => this.reload() : null,
    };
  }
}
