import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventDraft } from '../../../src/core/event/event.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import type { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { createFeed, type Feed, type FeedParts } from '../../../src/feed/feed.ts';
import type { FeedOptions } from '../../../src/feed/options.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { newLog } from './events.ts';
import { FakeClock } from './fake-clock.ts';
import { openReader, type Reader } from './reader.ts';
import { Tally } from './tally.ts';

/** The header that says who sends a request. */
export const HOLDER = 'x-holder';

/** A feed behind a real HTTP server on loopback, with a clock of its own. */
class ServedFeed {
  readonly feed: Feed;
  readonly clock = new FakeClock();
  readonly tally = new Tally();
  readonly responses: ServerResponse[] = [];
  /** How long a request waits before the feed gets it, in milliseconds. */
  holdMs = 0;
  readonly #server: Server;
  readonly #readers: Reader[] = [];

  constructor(parts: Pick<FeedParts, 'local' | 'fleet'>, options: Partial<FeedOptions>) {
    this.feed = createFeed({
      ...parts,
      host: 'box',
      observer: this.tally,
      clock: this.clock,
      random: () => 0,
      options,
    });
    this.#server = createServer((request, response) => {
      this.responses.push(response);
      const handle = () =>
        this.feed.handle(request, response, async () => String(request.headers[HOLDER] ?? '') || null);
      if (this.holdMs === 0) handle();
      else setTimeout(handle, this.holdMs);
    });
    // As in the server of the daemon.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
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

  async stop(): Promise<void> {
    for (const reader of this.#readers) reader.cut();
    const closed = this.#server.listening ? once(this.#server, 'close') : null;
    this.#server.close();
    this.#server.closeAllConnections();
    await this.feed.close();
    await closed;
  }
}

/** The feed of one exporter. */
export class FeedServer extends ServedFeed {
  readonly log: MemoryLog;

  constructor(options: Partial<FeedOptions> = {}, log = newLog()) {
    super(
      { local: { history: log, snapshot: () => [{ name: 'work' }, { name: 'alice/play' }] }, fleet: null },
      options,
    );
    this.log = log;
  }

  publish(draft: EventDraft): LoggedEvent {
    const logged = this.log.append(draft, this.clock.now());
    this.feed.publish(logged);
    return logged;
  }
}

/** The feed of a hub. */
export class FleetFeedServer extends ServedFeed {
  readonly fleet: MemoryFleet;

  constructor(fleet = new MemoryFleet(), options: Partial<FeedOptions> = {}) {
    super({ local: null, fleet }, options);
    this.fleet = fleet;
    fleet.onEvent((event) => this.feed.publishOfFleet(event, true));
  }
}
