import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import type { PolicySource, WebPolicy } from './access/policy.ts';
import type { TlsLayer } from './access/tls-layer.ts';
import type { HostPolicy, HttpPorts } from './ports.ts';
import { createRoutes } from './routes.ts';
import { Turns } from './turns.ts';
import { cutIfUnread } from './unread-body.ts';

/** An import would bring all names of node:http, and with some of them the whole of undici: 6 MB, and a tenth of a second at each start. */
const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** Where to listen. */
export interface ListenAddress {
  /** Name or IP address; null for every interface. */
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** How long a client may take, in milliseconds. */
export interface HttpTimes {
  /** To send the headers of a request. */
  readonly headersMs: number;
  /** To send a whole request. */
  readonly requestMs: number;
  /** Between two requests on one connection: longer than the usual scrape intervals. */
  readonly keepAliveMs: number;
  /** To read a part of a response that waits for it, however small. A stream of the feed has a limit of its own. */
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

/** What the HTTP server is made of. */
export interface HttpParts {
  readonly ports: HttpPorts;
  readonly hosts: HostPolicy;
  /** Ends the streams of the feed. */
  readonly closeFeed: () => Promise<void>;
  readonly times?: Partial<HttpTimes>;
}

/** The HTTP server of the daemon. What it answers, and where it listens, can be changed while it runs. */
export class HttpServer {
  readonly #closeFeed: () => Promise<void>;
  readonly #times: HttpTimes;
  #answer: RequestListener;
  readonly #turns = new Turns((request, response) => {
    cutIfUnread(request, response);
    this.#answer(request, response);
  });
  #policy: PolicySource;
  /** All connections, including those that are still shaking hands. */
  readonly #sockets = new Set<Socket>();
  /** The one that listens. */
  #current: Server | null = null;
  /** All that have connections, including the current one. */
  readonly #servers = new Set<Server>();
  #closed: Promise<void> | null = null;

  constructor({ ports, hosts, closeFeed, times }: HttpParts) {
    this.#times = { ...HTTP_TIMES, ...times };
    this.#closeFeed = closeFeed;
    this.#answer = this.#answerOf({ ports, hosts });
    this.#policy = ports.doorkeeper.policy;
  }

  /** Answers by other ports from the next request on. */
  configure(parts: Pick<HttpParts, 'ports' | 'hosts'>): void {
    this.#answer = this.#answerOf(parts);
    this.#policy = parts.ports.doorkeeper.policy;
  }

  /** Listens, and gives the address. Where it listened before, it no longer does, but connections go on. Rejects with the error of the system, such as one with `code` EADDRINUSE or EACCES: then it listens where it did before. */
  async listen(address: ListenAddress): Promise<AddressInfo> {
    const former = this.#current;
    const formerAddress = former ? addressOf(former) : null;
    try {
      return await this.#open(address);
    } catch (error) {
      // Another address with the same port, such as 0.0.0.0 for 127.0.0.1, is taken by ourselves.
      if (!formerAddress || !isInUse(error) || formerAddress.port !== address.port) throw error;
      former?.close();
      return await this.#open(address).catch(async (problem: unknown) => {
        await this.#open({ host: formerAddress.address, port: formerAddress.port });
        throw problem;
      });
    }
  }

  /** Lets nobody in any more, ends the feed, then what is idle, and after `closeMs` whatever is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #answerOf({ ports, hosts }: Pick<HttpParts, 'ports' | 'hosts'>): RequestListener {
    return createRoutes({ ...ports, ready: () => this.#closed === null && ports.ready() }, hosts);
  }

  async #open({ host, port }: ListenAddress): Promise<AddressInfo> {
    const server = this.#createServer();
    server.listen(host === null ? { port } : { host, port });
    await once(server, 'listening');
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    if (this.#current?.listening) this.#current.close();
    this.#current = server;
    return addressOf(server);
  }

  #createServer(): Server {
    const { headersMs, requestMs, keepAliveMs, stallMs, checkMs } = this.#times;
    const server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: checkMs,
      },
      this.#turns.take,
    );
    server.setTimeout(stallMs, (socket) => this.#cutStalled(socket));
    this.#putTlsBefore(server);
    return server;
  }

  /** Ends a connection that has been silent for too long, unless it waits for us. */
  #cutStalled(socket: Socket): void {
    if (this.#turns.isBusy(socket) && socket.writableLength === 0) socket.setTimeout(this.#times.stallMs);
    else socket.destroy();
  }

  /** A connection is plain or TLS as the policy of its moment says: one server can change from the one to the other, and its certificate, without a connection lost. */
  #putTlsBefore(server: Server): void {
    const [serve] = server.listeners('connection');
    server.removeAllListeners('connection');
    const pass = (socket: Socket) => serve?.call(server, socket);
    const acceptors = new WeakMap<TlsLayer, (socket: Socket) => void>();
    const acceptorOf = (tls: TlsLayer) => {
      const acceptor = acceptors.get(tls) ?? tls.acceptor(pass);
      acceptors.set(tls, acceptor);
      return acceptor;
    };
    const receive = (socket: Socket, { tls }: WebPolicy) => (tls ? acceptorOf(tls)(socket) : pass(socket));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      const policy = this.#policy();
      if (!(policy instanceof Promise)) return receive(socket, policy);
      socket.on('error', () => socket.destroy());
      void policy.then((current) => {
        if (!socket.destroyed) receive(socket, current);
      });
    });
  }

  async #close(): Promise<void> {
    const servers = [...this.#servers];
    const closed = servers.map((server) => once(server, 'close'));
    for (const server of servers) if (server.listening) server.close();
    await this.#closeFeed();
    for (const server of servers) server.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
      for (const socket of this.#sockets) socket.destroy();
    }, this.#times.closeMs);
    await Promise.all(closed);
    clearTimeout(cut);
  }
}

function addressOf(server: Server): AddressInfo {
  return server.address() as AddressInfo;
}

function isInUse(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
}
