import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createRequester } from '../../../src/follow/feed/requester.ts';
import { type SseBlock, SseParser } from '../../../src/follow/feed/sse-parser.ts';
import { keyOf } from './truth.ts';

/** How long it waits before it connects again, in milliseconds. */
const PAUSE_MS = 200;

/** An event that came, or a gap in their place. */
export type Reception =
  | {
      readonly kind: 'event';
      readonly name: string;
      /** Its id on its own host. */
      readonly id: string;
      readonly type: string;
      /** When it came, in milliseconds of `performance.now`. */
      readonly at: number;
      /** The hub that it came from. */
      readonly url: string;
    }
  | { readonly kind: 'gap'; readonly reason: string; readonly missed: number | null; readonly at: number };

/** How a follower behaves. */
export interface FleetFollowerOptions {
  /** The hubs, in the order in which it tries them. */
  readonly urls: readonly string[];
  /** Silence after which it takes its stream for dead, in milliseconds. */
  readonly silenceMs: number;
}

/** A reader of the feed of a fleet that goes from hub to hub with one cursor, whenever its stream ends or is silent. */
export class FleetFollower {
  /** All that came, in order. */
  readonly receptions: Reception[] = [];
  /** How often a stream opened. */
  connects = 0;
  readonly #options: FleetFollowerOptions;
  readonly #heard = new Set<string>();
  #cursor = '';
  #hub = 0;
  #stream: AbortController | null = null;
  #isClosed = false;
  readonly #ended: Promise<void>;

  constructor(options: FleetFollowerOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Whether it is connected, and the stream has begun. */
  get isOpen(): boolean {
    return this.#stream !== null && this.#cursor !== '';
  }

  /** The hub that it follows, or tries to. */
  get url(): string {
    const { urls } = this.#options;
    return urls[this.#hub % urls.length] ?? '';
  }

  /** Whether an event came. */
  hasHeard(name: string, id: string): boolean {
    return this.#heard.has(keyOf(name, id));
  }

  /** Goes to the next hub. */
  move(): void {
    this.#stream?.abort();
  }

  /** Ends its stream. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stream?.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#stream = new AbortController();
      // Whatever ends it, the next hub is tried.
      await this.#follow(this.#stream).catch(() => {});
      this.#stream = null;
      this.#hub++;
      if (!this.#isClosed) await delay(PAUSE_MS);
    }
  }

  async #follow(stream: AbortController): Promise<void> {
    const access = { url: this.url, authorization: async () => null, tls: async () => ({}) };
    const { silenceMs } = this.#options;
    const watchdog = setTimeout(() => stream.abort(), silenceMs);
    try {
      const response = await createRequester(access)('events', {
        headers: { accept: 'text/event-stream', ...(this.#cursor !== '' && { 'last-event-id': this.#cursor }) },
        signal: stream.signal,
      });
      if (response.statusCode !== 200) response.destroy();
      else await this.#read(response, watchdog);
    } finally {
      clearTimeout(watchdog);
    }
  }

  async #read(response: IncomingMessage, watchdog: NodeJS.Timeout): Promise<void> {
    this.connects++;
    const parser = new SseParser();
    for await (const chunk of response.setEncoding('utf8')) {
      watchdog.refresh();
      for (const block of parser.push(String(chunk))) this.#take(block);
    }
  }

  #take({ id, type, data }: SseBlock): void {
    const at = performance.now();
    const message = data === null ? null : (JSON.parse(data) as Record<string, unknown>);
    if (message !== null && type === 'gap') {
      this.receptions.push({
        kind: 'gap',
        reason: String(message['reason']),
        missed: message['missed'] as number | null,
        at,
      });
    } else if (message !== null && 'v' in message && 'name' in message) {
      const [name, eventId] = [String(message['name']), String(message['id'])];
      this.#heard.add(keyOf(name, eventId));
      this.receptions.push({ kind: 'event', name, id: eventId, type, at, url: this.url });
    }
    if (id !== null) this.#cursor = id;
  }
}
