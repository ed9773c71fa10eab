import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

/** A message of the feed: an event, or one about the stream. */
export interface FeedMessage {
  readonly type: string;
  readonly id?: string;
  readonly server?: { readonly name: string; readonly pid: number | null } | null;
  readonly [key: string]: unknown;
}

/** Reads the feed as JSON lines and keeps all that came. */
export class FeedReader {
  readonly messages: FeedMessage[] = [];
  readonly #controller = new AbortController();
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  /** Connects. Resolves when the stream has opened. */
  static async open(url: string, query = ''): Promise<FeedReader> {
    const reader = new FeedReader();
    const response = await fetch(`${url}/events?format=ndjson${query}`, { signal: reader.#controller.signal });
    if (!response.body) throw new Error('the feed has no body');
    void reader.#read(Readable.fromWeb(response.body as never));
    await reader.next(({ type }) => type === 'hello');
    return reader;
  }

  /** Events about one server, in order. */
  of(server: string, type?: string): FeedMessage[] {
    return this.messages.filter(
      (message) => message.server?.name === server && (type === undefined || message.type === type),
    );
  }

  /** The first message, of those that came and will come, that `matches`. It rejects after `timeoutMs`. */
  async next(matches: (message: FeedMessage) => boolean, timeoutMs = 15_000): Promise<FeedMessage> {
    const signal = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.messages.find(matches);
      if (found) return found;
      await once(this.#arrivals, 'message', { signal }).catch(() => {
        throw new Error(`not in the feed: ${matches}; came: ${this.#seen()}`);
      });
    }
  }

  close(): void {
    this.#controller.abort();
  }

  #seen(): string {
    return this.messages.map(({ type, server }) => `${type} ${server?.name ?? ''}`).join(', ');
  }

  async #read(stream: Readable): Promise<void> {
    try {
      for await (const line of createInterface({ input: stream })) {
        this.messages.push(JSON.parse(line) as FeedMessage);
        this.#arrivals.emit('message');
      }
    } catch {
      // Cut by the side that closed it.
    }
  }
}
