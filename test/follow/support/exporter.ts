import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { EventDraft } from '../../../src/core/event/event.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { createFeed, type Feed } from '../../../src/feed/feed.ts';
import type { KnownServer } from '../../../src/follow/feed/known-server.ts';
import { Tally } from '../../feed/support/tally.ts';
import { listedJson } from './samples.ts';

/** Answers a request in place of the exporter. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An exporter with made-up servers: a real feed behind a real HTTP server, which can be cut and restarted with or without its log. */
export class Exporter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #host: string;
  #log: MemoryLog;
  #feed: Feed;
  /** The lives that it sees. */
  servers: readonly KnownServer[] = [];
  isReady = true;
  /** Answers the wish for a stream in place of the feed; null lets the feed. */
  answer: Answer | null = null;
  /** Paths that were asked for, in order. */
  readonly paths: string[] = [];
  /** The cursors of the requested streams, in order; null if there was none. */
  readonly cursors: (string | null)[] = [];

  private constructor(epoch: string, host: string) {
    this.#host = host;
    this.#log = newLog(epoch, host);
    this.#feed = this.#createFeed();
    this.#server = createServer((request, response) => this.handle(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(epoch = 'e', host = 'box'): Promise<Exporter> {
    const exporter = new Exporter(epoch, host);
    exporter.#server.listen(0, '127.0.0.1');
    await once(exporter.#server, 'listening');
    return exporter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Id of the newest event. */
  get head(): string {
    return `${this.#log.epoch}-${this.#log.head}`;
  }

  publish(draft: EventDraft): string {
    const logged = this.#log.append(draft, Date.UTC(2026, 0, 2, 3, 4, 5));
    this.#feed.publish(logged);
    return logged.event.id;
  }

  /** Cuts every connection, as a kill -9 does. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Begins anew with an empty log of another epoch, perhaps as another machine at the same address. */
  async forget(epoch: string, capacity?: number, host = this.#host): Promise<void> {
    this.cut();
    await this.#feed.close();
    this.#host = host;
    this.#log = newLog(epoch, host, capacity);
    this.#feed = this.#createFeed();
  }

  async stop(): Promise<void> {
    this.#server.close();
    // A reset of a socket that its client is just closing never ends in Node.
    for (const socket of this.#sockets) socket.destroy();
    await this.#feed.close();
  }

  #createFeed(): Feed {
    const snapshot = () => this.servers.map(listedJson);
    return createFeed({
      local: { history: this.#log, snapshot },
      fleet: null,
      host: this.#host,
      observer: new Tally(),
    });
  }

  /** Answers a request. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = (request.url ?? '').split('?');
    this.paths.push(path);
    if (path === '/-/ready') response.writeHead(this.isReady ? 200 : 503).end();
    else if (path === '/api/v1/servers') response.end(JSON.stringify({ servers: this.servers.map(listedJson) }));
    else {
      this.cursors.push(request.headers['last-event-id']?.toString() ?? null);
      if (this.answer) this.answer(request, response);
      else this.#feed.handle(request, response);
    }
  }
}

function newLog(epoch: string, host: string, capacity?: number): MemoryLog {
  return new MemoryLog(epoch, { host, bootId: null }, capacity);
}
