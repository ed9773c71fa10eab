import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { isLoopbackAddress } from '../core/loopback.ts';
import type { PolicySource, WebPolicy } from './access/policy.ts';
import type { TlsLayer } from './access/tls-layer.ts';
import { Crowd, type CrowdLimits } from './crowd.ts';
import type { ListenAddress, Place } from './listen-address.ts';
import { Listeners } from './listeners.ts';
import { readTarget } from './paths.ts';
import type { HttpPorts } from './ports.ts';
import { createRoutes } from './routes.ts';
import { Turns } from './turns.ts';
import { cutIfUnread } from './unread-body.ts';

/** An import would bring all names of node:http, and with some of them the whole of undici: 6 MB, and a tenth of a second at each start. */
const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** The time limits of clients, in milliseconds. */
export interface HttpTimes {
  /** To send the headers of a request. */
  readonly headersMs: number;
  /** To send a whole request. */
  readonly requestMs: number;
  /** Between two requests on one connection: longer than the usual scrape intervals. */
  readonly keepAliveMs: number;
  /** To read the next part of a response, however small. A stream of the feed has a limit of its own. */
  readonly stallMs: number;
  /** How often the first two are checked. */
  readonly checkMs: number;
  /** How long a closing server waits for responses under way after the feed is closed. */
  readonly closeMs: number;
}

/** The default times. */
const HTTP_TIMES: HttpTimes = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  stallMs: 30_000,
  checkMs: 5_000,
  closeMs: 2_000,
};

/** The default limits of all clients together. */
export const CROWD_LIMITS: CrowdLimits = { mostConnections: 4_096, mostUnreadBytes: 64 * 1024 * 1024 };

/** Why a connection was cut: too many requests waited, the client did not read an answer, it went on sending an unwanted body, or all clients together had too many connections or left too much unread. */
export type CutReason = 'pipelined' | 'stalled' | 'unread_body' | 'crowded';

/** The dependencies and callbacks of an {@link HttpServer}. */
export interface HttpParts {
  readonly ports: Omit<HttpPorts, 'couldConnect'>;
  /** Names in addition to the local ones that the Host header may contain on loopback: without port, IPv6 without brackets, in lower case. */
  readonly allowedHosts: readonly string[];
  /** Ends the streams of the feed. */
  readonly closeFeed: () => Promise<void>;
  /** A connection was cut. */
  readonly onCut: (reason: CutReason) => void;
  readonly times?: Partial<HttpTimes>;
  /** Read for each connection and each answer. */
  readonly limits?: () => CrowdLimits;
}

/** How a connection came in. */
interface Entry {
  readonly server: Server;
  /** Null for plain HTTP. */
  readonly tls: TlsLayer | null;
}

/** The HTTP server of the daemon. Its routes and its addresses can be changed while it runs. */
export class HttpServer {
  readonly #closeFeed: () => Promise<void>;
  readonly #onCut: HttpParts['onCut'];
  readonly #times: HttpTimes;
  /** The applications for loopback, which checks the Host header, and for all other addresses. */
  #answers: { readonly loopback: RequestListener; readonly elsewhere: RequestListener };
  #policy: PolicySource;
  readonly #listeners = new Listeners<Server>(() => this.#createServer());
  /** Also those that are still shaking hands. */
  readonly #crowd: Crowd;
  /** Of all addresses: clients of one must not get more turns for it. */
  readonly #turns: Turns;
  readonly #entries = new WeakMap<Socket, Entry>();
  /** Settles when no change of the addresses is under way. */
  #moved: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | null = null;

  constructor({ closeFeed, onCut, times, limits = () => CROWD_LIMITS, ...parts }: HttpParts) {
    this.#times = { ...HTTP_TIMES, ...times };
    this.#closeFeed = closeFeed;
    this.#onCut = onCut;
    this.#crowd = new Crowd(limits, () => onCut('crowded'));
    this.#turns = new Turns({
      onBegin: (socket) => this.#crowd.begin(socket),
      onWritten: (socket) => this.#crowd.written(socket),
      onEnd: (socket) => {
        this.#crowd.end(socket);
        this.#endIfLeft(socket);
      },
      onTooMany: () => onCut('pipelined'),
    });
    this.#answers = this.#answersOf(parts);
    this.#policy = parts.ports.doorkeeper.policy;
  }

  /** Uses other ports from the next request on. */
  configure(parts: Pick<HttpParts, 'ports' | 'allowedHosts'>): void {
    this.#answers = this.#answersOf(parts);
    this.#policy = parts.ports.doorkeeper.policy;
  }

  /** Listens on these addresses and on no others, and returns the places; connections to others end after the answer under way. Calls `onSwitch` at the moment of the change: clients of new addresses wait until then. Calls wait for the ones before. Rejects with a `ListenError`, and then listens as before. */
  listen(addresses: readonly ListenAddress[], onSwitch?: () => void): Promise<readonly Place[]> {
    const places = this.#moved.then(() => this.#listeners.listen(addresses, onSwitch));
    this.#moved = places.catch(() => {});
    return places;
  }

  /** Stops listening, ends the feed, closes idle connections, and all others after `closeMs`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #answersOf({ ports, allowedHosts }: Pick<HttpParts, 'ports' | 'allowedHosts'>) {
    const all: HttpPorts = {
      ...ports,
      ready: () => this.#closed === null && ports.ready(),
      couldConnect: (socket, policy) => this.#couldConnect(socket, policy),
    };
    return {
      loopback: createRoutes(all, { loopbackOnly: true, allowedHosts }),
      elsewhere: createRoutes(all, { loopbackOnly: false, allowedHosts }),
    };
  }

  #createServer(): Server {
    const { headersMs, requestMs, keepAliveMs, stallMs, checkMs } = this.#times;
    const take: RequestListener = (request, response) => {
      readTarget(request);
      this.#turns.take(request, response, () => {
        cutIfUnread(request, response, () => this.#onCut('unread_body'));
        this.#answers[this.#isOnLoopback(server) ? 'loopback' : 'elsewhere'](request, response);
      });
    };
    const server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: checkMs,
      },
      take,
    );
    // A client that has asked for all it wants may end its side before its answer has its turn. In TLS that ends the connection.
    Object.assign(server, { httpAllowHalfOpen: true });
    // Node would answer these itself, at once and however many come.
    server.on('checkExpectation', take);
    server.setTimeout(stallMs, (socket) => this.#cutStalled(socket));
    this.#putTlsBefore(server);
    return server;
  }

  #isOnLoopback(server: Server): boolean {
    const place = this.#listeners.placeOf(server);
    return place !== undefined && 'host' in place && isLoopbackAddress(place.host);
  }

  /** A Unix socket needs no TLS. */
  #isOnUnixSocket(server: Server): boolean {
    const place = this.#listeners.placeOf(server);
    return place !== undefined && 'path' in place;
  }

  #couldConnect(socket: Socket, { tls }: WebPolicy): boolean {
    const entry = this.#entries.get(socket);
    if (entry === undefined || !this.#listeners.isCurrent(entry.server)) return false;
    if (tls === null || this.#isOnUnixSocket(entry.server)) return true;
    return entry.tls !== null && ['', entry.tls.demand].includes(tls.demand);
  }

  /** Ends a connection to an address that is not listened on any more. */
  #endIfLeft(socket: Socket): void {
    const server = this.#entries.get(socket)?.server;
    if (server !== undefined && !this.#listeners.isCurrent(server)) socket.destroySoon();
  }

  /** Ends a connection that has been silent for too long, unless it waits for us. */
  #cutStalled(socket: Socket): void {
    if (this.#turns.isBusy(socket) && socket.writableLength === 0) {
      socket.setTimeout(this.#times.stallMs);
      return;
    }
    if (this.#turns.isBusy(socket)) this.#onCut('stalled');
    socket.destroy();
  }

  /** The policy of the moment decides whether a connection is plain or TLS. So TLS and its certificate can change without losing a connection. */
  #putTlsBefore(server: Server): void {
    const [serve] = server.listeners('connection');
    server.removeAllListeners('connection');
    const pass = (socket: Socket, tls: TlsLayer | null) => {
      this.#entries.set(socket, { server, tls });
      serve?.call(server, socket);
    };
    const acceptors = new WeakMap<TlsLayer, (socket: Socket) => void>();
    const acceptorOf = (tls: TlsLayer) => {
      const acceptor = acceptors.get(tls) ?? tls.acceptor((socket) => pass(socket, tls));
      acceptors.set(tls, acceptor);
      return acceptor;
    };
    const receive = (socket: Socket, { tls }: WebPolicy) => (tls ? acceptorOf(tls)(socket) : pass(socket, null));
    const greet = (socket: Socket) => {
      if (this.#isOnUnixSocket(server)) return pass(socket, null);
      const policy = this.#policy();
      if (!(policy instanceof Promise)) return receive(socket, policy);
      socket.on('error', () => socket.destroy());
      void policy.then((current) => {
        if (!socket.destroyed) receive(socket, current);
      });
    };
    server.on('connection', (socket) => {
      this.#crowd.enter(socket);
      if (this.#listeners.isCurrent(server)) return greet(socket);
      // The policy of this address is not in force yet.
      socket.on('error', () => socket.destroy());
      void this.#moved.then(() => {
        if (!this.#listeners.isCurrent(server)) socket.destroy();
        else if (!socket.destroyed) greet(socket);
      });
    });
  }

  async #close(): Promise<void> {
    await this.#moved;
    const { servers } = this.#listeners;
    const closed = servers.map((server) => once(server, 'close'));
    await this.#listeners.stop();
    await this.#closeFeed();
    for (const server of servers) server.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
      this.#crowd.cut();
    }, this.#times.closeMs);
    await Promise.all(closed);
    clearTimeout(cut);
  }
}
