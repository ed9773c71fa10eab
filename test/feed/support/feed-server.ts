import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventDraft } from '../../../src/core/event/event.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import type { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { createFeed, type Feed } from '../../../src/feed/feed.ts';
import type { FeedOptions } from '../../../src/feed/options.ts';
import { newLog } from './events.ts';
import { FakeClock } from './fake-clock.ts';
import { openReader, type Reader } from './reader.ts';
import { Tally } from './tally.ts';

/** A feed behind a real HTTP server on loopback, with a clock of its own. */
export class FeedServer {
  readonly feed: Feed;
  readonly log: MemoryLog;
  readonly clock = new FakeClock();
  readonly tally = new Tally();
  readonly responses: ServerResponse[] = [];
  readonly #server: Server;
  readonly #readers: Reader[] = [];

  constructor(options: Partial<FeedOptions> = {}, log = newLog()) {
    this.log = log;
    this.feed = createFeed({
      history: log,
      host: 'box',
      snapshot: () => [{ name: 'work' }, { name: 'alice/play' }],
      observer: this.tally,
      clock: this.clock,
      random: () => 0,
      options,
    });
    this.#server = createServer((request, response) => {
      this.responses.push(response);
      this.feed.handle(request, response);
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections are open. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  url(query = ''): string {
    return `http://127.0.0.1:${this.port}/events${query}`;
  }

  async open(query = '', headers: Record<string, string> = {}): Promise<Reader> {
    const reader = await openReader(this.url(query), headers);
    this.#readers.push(reader);
    return reader;
  }

  publish(draft: EventDraft): LoggedEvent {
    const logged = this.log.append(draft, this.clock.now());
    this.feed.publish(logged);
    return logged;
  }

  async stop(): Promise<void> {
    for (const reader of this.#readers) reader.cut();
    const closed = this.#server.listening ? once(this.#server, 'close') : null;
    this.#server.close();
    this.#server.closeAllConnections();
    await this.feed.close();
    await closed;
  }
}
