import type { Config } from '../../config/schema.ts';
import { SCOPES } from '../../core/scope.ts';
import { errorText } from '../../core/text.ts';
import { Doorkeeper } from '../../http/access/doorkeeper.ts';
import { OPEN_POLICY, type PolicySource, type WebPolicy } from '../../http/access/policy.ts';
import type { Token } from '../../http/access/token-check.ts';
import { CROWD_LIMITS, type HttpParts, HttpServer } from '../../http/http-server.ts';
import type { Place } from '../../http/listen-address.ts';
import type { HttpPorts } from '../../http/ports.ts';
import type { SelfMetrics } from '../../metrics/self/self-metrics.ts';
import type { Log } from '../announcer.ts';
import type { Environment } from '../environment.ts';
import { ConfigurationRefusal, StartRefusal } from '../start-refusal.ts';
import { usersReader } from '../users.ts';
import { limitsWithin } from './descriptors.ts';
import { guardsReads, listen, placeUrl, safetyProblem, wantedAddresses } from './listen.ts';
import { makeOwnToken, ownTokenPath } from './own-token.ts';
import { PeerUsers } from './peer-users.ts';
import { readTokens } from './token-files.ts';
import { openPolicy, type WebFileObserver } from './web-access.ts';
import { hostsOf, webPathsOf } from './web-paths.ts';

/** Maximum number of different problems of token files that are logged. */
const MOST_PROBLEMS = 100;

/** The part of the configuration that says how the exporter is reached. */
export type DoorConfig = Pick<Config, 'web' | 'storage'>;

/** What the routes need besides what the front door has itself. */
export type RoutePorts = Omit<
  HttpPorts,
  'version' | 'host' | 'onError' | 'doorkeeper' | 'couldConnect' | 'paths' | 'now'
>;

/** The parts that a {@link FrontDoor} is joined from. */
export interface FrontDoorParts {
  /** The configuration at the start. */
  readonly config: DoorConfig;
  readonly environment: Environment;
  readonly log: Log;
  readonly self: Pick<SelfMetrics, 'web' | 'webConfig'>;
  /** Read at each change of the configuration. */
  readonly ports: () => RoutePorts;
  /** Ends the streams of the feed. */
  readonly closeFeed: () => Promise<void>;
}

/** The way in over HTTP: the addresses, who may enter, and the routes. */
export class FrontDoor {
  readonly #parts: FrontDoorParts;
  readonly #http: HttpServer;
  readonly #doorkeeper: Doorkeeper;
  #limits = CROWD_LIMITS;
  #web: Config['web'];
  #policy: PolicySource = () => OPEN_POLICY;
  /** The file of the token for our own commands; null if it could not be made. */
  #ownToken: string | null = null;
  #makingToken: Promise<void> = Promise.resolve();
  /** Problems of token files that were logged already. */
  readonly #tokenProblems = new Set<string>();
  #places: readonly Place[] = [];
  #urls: readonly string[] = [];

  constructor(parts: FrontDoorParts) {
    const { config, environment, self, closeFeed } = parts;
    this.#parts = parts;
    this.#web = config.web;
    const peers = new PeerUsers(environment.readFile);
    const users = usersReader(environment.readFile, environment.monotonicMs);
    this.#doorkeeper = new Doorkeeper({
      policy: () => this.#policy(),
      guardsReads: () => guardsReads(this.#web),
      readTokens: () => this.#readTokens(),
      userOf: async (ends) => {
        const uid = await peers.userOf(ends);
        return uid === null ? null : (await users()).ownerOf(uid).uid;
      },
      nowMs: environment.monotonicMs,
      onRefused: self.web.refused,
    });
    this.#http = new HttpServer({ ...this.#httpParts(), closeFeed, onCut: self.web.cut, limits: () => this.#limits });
  }

  /** Of each address, in the order of the configuration. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  /** Of the first address. */
  get url(): string {
    return this.#urls[0] ?? '';
  }

  /** Makes the token of our own commands, and listens. Throws a {@link StartRefusal}. */
  async open(): Promise<void> {
    await this.makeOwnToken();
    this.#limits = await limitsWithin(CROWD_LIMITS, this.#parts.environment.readFile);
    await this.#listen(this.#web);
  }

  /** Makes the token of our own commands, if it is missing. Calls wait for each other. It never rejects: a failure is logged. */
  makeOwnToken(): Promise<void> {
    this.#makingToken = this.#makingToken.then(() => this.#makeOwnToken());
    return this.#makingToken;
  }

  /** Switches to the addresses and access rules of a new configuration. If that is unsafe or impossible, it returns the problem and changes nothing. {@link FrontDoor.configure} does the rest. */
  async moveTo(web: Config['web']): Promise<string | null> {
    // Its file system may not answer.
    void this.makeOwnToken();
    try {
      await this.#listen(web);
      return null;
    } catch (error) {
      if (error instanceof StartRefusal) return error.message;
      throw error;
    }
  }

  /** Applies the configuration to the routes, after {@link FrontDoor.moveTo}. */
  configure(): void {
    this.#tokenProblems.clear();
    this.#http.configure(this.#httpParts());
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  #httpParts(): Pick<HttpParts, 'ports' | 'allowedHosts'> {
    const { environment, log, ports } = this.#parts;
    return {
      ports: {
        ...ports(),
        version: environment.version,
        host: environment.hostname,
        onError: (error) => log.error({ err: error }, 'a request failed because of a bug in the exporter'),
        doorkeeper: this.#doorkeeper,
        paths: webPathsOf(this.#web),
        now: Date.now,
      },
      allowedHosts: hostsOf(this.#web),
    };
  }

  async #makeOwnToken(): Promise<void> {
    const { environment, config, log } = this.#parts;
    // Without a store nothing is written to disk.
    if (!config.storage.enabled) return;
    const path = ownTokenPath(config.storage.path, environment);
    try {
      const isMade = await makeOwnToken(path, environment);
      if (isMade && this.#ownToken !== null)
        log.warn({ path }, `the token of our own commands was made again: ${path} was missing, or could not be used`);
      this.#ownToken = path;
    } catch (error) {
      const problem = errorText(error);
      log.warn({ path }, `no token for our own commands (${problem}): changes need one of web.tokens`);
    }
  }

  #readTokens(): Promise<readonly Token[]> {
    const { environment, log } = this.#parts;
    const own = this.#ownToken === null ? [] : [{ file: this.#ownToken, scopes: SCOPES }];
    return readTokens([...this.#web.tokens, ...own], environment.readFile, (problem) => {
      if (this.#tokenProblems.has(problem) || this.#tokenProblems.size >= MOST_PROBLEMS) return;
      this.#tokenProblems.add(problem);
      log.warn({}, `a token is not used: ${problem}`);
    });
  }

  /** Applies addresses and access rules. Throws a {@link StartRefusal} if that is unsafe or impossible, and then changes nothing. */
  async #listen(web: Config['web']): Promise<void> {
    const { environment, config, self } = this.#parts;
    const { systemdSocket } = config.web;
    const addresses = wantedAddresses({ ...web, systemdSocket }, environment);
    // The address of a socket of systemd is only known once we listen on it.
    const problemOf = (policy: WebPolicy) =>
      safetyProblem(systemdSocket ? this.#places : web.listenAddress, web, policy);
    const source = await openPolicy(web, environment.readFile, problemOf, this.#webFileObserver);
    const policy = await source();
    this.#places = await listen(this.#http, addresses, () => {
      this.#policy = source;
      this.#web = web;
    });
    const problem = problemOf(policy);
    if (problem !== null) throw new ConfigurationRefusal(problem);
    const { prefix } = webPathsOf(web);
    this.#urls = this.#places.map((place) => placeUrl(place, policy, prefix));
    if (web.config.file === null) self.webConfig.none();
    else self.webConfig.loaded(Date.now());
  }

  get #webFileObserver(): WebFileObserver {
    const { log, self } = this.#parts;
    return {
      onLoaded: () => {
        self.webConfig.loaded(Date.now());
        log.info({}, 'the web config file, or one of its certificates, has changed and is in force');
      },
      onFailed: (problem) => {
        self.webConfig.failed();
        log.error({}, `the web config file has changed and is invalid; the previous one stays in force: ${problem}`);
      },
    };
  }
}
