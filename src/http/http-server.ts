import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { HostPolicy, HttpPorts } from './ports.ts';
import { createRoutes } from './routes.ts';

/** An import would bring all names of node:http, and with some of them the whole of undici: 6 MB, and a tenth of a second at each start. */
const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** Where to listen. */
export interface ListenAddress {
  /** Name or IP address; null for every interface. */
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** How long a client may take, in milliseconds. None of these times ends a response. */
export interface HttpTimes {
  /** To send the headers of a request. */
  readonly headersMs: number;
  /** To send a whole request. */
  readonly requestMs: number;
  /** Between two requests on one connection: longer than the usual scrape intervals. */
  readonly keepAliveMs: number;
  /** How often the first two are looked at. */
  readonly checkMs: number;
  /** How long a closing server waits for responses under way after the feed is closed. */
  readonly closeMs: number;
}

/** The times unless told otherwise. */
const HTTP_TIMES: HttpTimes = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
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

/** The HTTP server of the daemon. */
export class HttpServer {
  readonly #server: Server;
  readonly #closeFeed: () => Promise<void>;
  readonly #times: HttpTimes;
  #closed: Promise<void> | null = null;

  constructor({ ports, hosts, closeFeed, times }: HttpParts) {
    this.#times = { ...HTTP_TIMES, ...times };
    this.#closeFeed = closeFeed;
    const { headersMs, requestMs, keepAliveMs, checkMs } = this.#times;
    const ready = () => this.#closed === null && ports.ready();
    this.#server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: checkMs,
      },
      createRoutes({ ...ports, ready }, hosts),
    );
  }

  /** Listens, and tells where. Rejects with the error of the system, such as one with `code` EADDRINUSE or EACCES. */
  async listen({ host, port }: ListenAddress): Promise<AddressInfo> {
    this.#server.listen(host === null ? { port } : { host, port });
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  /** Lets nobody in any more, ends the feed, then what is idle, and after `closeMs` whatever is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : null;
    this.#server.close();
    await this.#closeFeed();
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => this.#server.closeAllConnections(), this.#times.closeMs);
    await closed;
    clearTimeout(cut);
  }
}
