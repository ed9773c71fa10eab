import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { FakeFleetLog } from './fake-fleet-log.ts';

interface OpenStream {
  readonly response: ServerResponse;
  seq: number;
}

/** A hub that speaks the feed of a fleet: everything since the cursor, then what happens. It filters nothing. */
export class FakeHub {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<OpenStream>();
  readonly #flush = () => this.#deliver();
  readonly #machine: string;
  #log: FakeFleetLog;
  #isBlind = false;
  /** The port that it listens on, also after it was killed. */
  port = 0;
  /** The URLs that were asked for, in order. */
  readonly urls: string[] = [];
  /** The cursors of the requested streams, in order; null if there was none. */
  readonly cursors: (string | null)[] = [];

  private constructor(log: FakeFleetLog, machine: string) {
    this.#log = log;
    this.#machine = machine;
    this.#server = createServer((request, response) => this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    log.changes.on('change', this.#flush);
  }

  static async start(log: FakeFleetLog, machine: string, port = 0): Promise<FakeHub> {
    const hub = new FakeHub(log, machine);
    hub.#server.listen(port, '127.0.0.1');
    await once(hub.#server, 'listening');
    hub.port = (hub.#server.address() as AddressInfo).port;
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The paths that were asked for, in order. */
  get paths(): readonly string[] {
    return this.urls.map((url) => new URL(url, this.url).pathname);
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Stops reading the bus, or reads it again. */
  blind(isBlind: boolean): void {
    this.#isBlind = isBlind;
    this.#deliver();
  }

  /** Reads another log, or the same one after it went back, and says so in all open streams. */
  turnTo(log: FakeFleetLog): void {
    this.#log.changes.off('change', this.#flush);
    this.#log = log;
    log.changes.on('change', this.#flush);
    for (const stream of this.#streams) {
      stream.seq = 0;
      stream.response.write(block('gap', { type: 'gap', reason: 'epoch', missed: null }));
    }
    this.#deliver();
  }

  /** Sends a block with a comment, and the newest cursor. */
  beat(comment = 'heartbeat'): void {
    for (const { response, seq } of this.#streams) response.write(`id: ${this.#log.cursorAt(seq)}\n: ${comment}\n\n`);
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends as a process does that is killed. */
  async kill(): Promise<void> {
    this.#log.changes.off('change', this.#flush);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.urls.push(url);
    if (!url.startsWith('/events')) response.writeHead(404).end();
    else
      this.#open(new URL(url, this.url).searchParams, request.headers['last-event-id']?.toString() ?? null, response);
  }

  #open(query: URLSearchParams, cursor: string | null, response: ServerResponse): void {
    this.cursors.push(cursor);
    const place = cursor === null ? startOf(query, this.#log) : this.#log.read(cursor);
    const isServed = typeof place === 'number';
    const seq = isServed ? place : 0;
    const stream = { response, seq };
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 2000\n\n');
    response.write(`id: ${this.#log.cursorAt(seq)}\n${this.#hello(seq, isServed && cursor !== null)}`);
    if (!isServed) response.write(block('gap', { type: 'gap', reason: place, missed: null }));
    if (!isServed || cursor === null) response.write(block('snapshot', { type: 'snapshot', hosts: [] }));
    this.#deliver();
  }

  #hello(seq: number, resumed: boolean): string {
    const { epoch, head } = this.#log;
    const ids = { id: this.#log.cursorAt(seq), head: this.#log.cursorAt(head), oldest: this.#log.cursorAt(1) };
    const fleet = { scope: 'fleet', host: this.#machine, hosts: 2 };
    const replayed = this.#isBlind ? 0 : this.#log.after(seq).length;
    return block('hello', { type: 'hello', ...ids, ...fleet, epoch, heartbeat_ms: 15_000, resumed, replayed });
  }

  #deliver(): void {
    if (this.#isBlind) return;
    for (const stream of this.#streams) {
      for (const { seq, type, json } of this.#log.after(stream.seq)) {
        stream.response.write(`id: ${this.#log.cursorAt(seq)}\nevent: ${type}\ndata: ${json}\n\n`);
        stream.seq = seq;
      }
    }
  }
}

function startOf(query: URLSearchParams, log: FakeFleetLog): number {
  return query.get('since') === 'all' ? 0 : log.head;
}

function block(type: string, message: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(message)}\n\n`;
}
