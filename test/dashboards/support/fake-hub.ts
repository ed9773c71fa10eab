import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HubView, hubExposition, type SeenHost } from './hub-exposition.ts';

/** A host that a hub lists, and the address (host:port) of its exporter. */
export interface ListedHost extends SeenHost {
  readonly address: string;
}

/** A hub as Prometheus sees it: `/sd` and `/metrics`. A change of `hosts` shows at the next request; null if it has not read the bus yet. */
export class FakeHub {
  hosts: readonly ListedHost[] | null;
  /** How often it was asked for the list of hosts. */
  asked = 0;
  #server: Server | null = null;
  #port = 0;

  constructor(hosts: readonly ListedHost[] | null) {
    this.hosts = hosts;
  }

  /** Host and port. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens, at the same port as before if it did. */
  async start(): Promise<void> {
    const server = createServer((request, response) =>
      request.url === '/sd' ? this.#list(response) : this.#expose(response),
    );
    await once(server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Ends, with all connections. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  #list(response: ServerResponse): void {
    this.asked++;
    if (!this.hosts) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.hosts.map(listed)));
  }

  #expose(response: ServerResponse): void {
    const view: HubView = {
      hosts: this.hosts ?? [],
      isUp: this.hosts !== null,
      lagSeconds: 0,
      events: {},
      duplicates: 0,
      rejected: {},
      reopened: {},
    };
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(hubExposition(view));
  }
}

function listed({ name, state, lastSeen, address }: ListedHost): object {
  return {
    targets: [address],
    labels: {
      __scheme__: 'http',
      __meta_tmux_name: name,
      __meta_tmux_host: `${name}.example.org`,
      __meta_tmux_version: '0.1.0',
      __meta_tmux_state: state,
      __meta_tmux_last_seen: new Date(lastSeen).toISOString(),
    },
  };
}
