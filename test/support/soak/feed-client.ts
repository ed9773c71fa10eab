import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { TmuxEvent } from '../../../src/core/event/event.ts';
import type { WebAccess } from './web-access.ts';

/** How long it waits before it connects again, in milliseconds. */
const PAUSE_MS = 1_000;

/** How a client of the feed behaves. */
export interface FeedClientOptions {
  readonly access: WebAccess;
  readonly url: string;
  readonly slownessMs: number;
  readonly onEvent: (event: TmuxEvent) => void;
}

/**
 * A client of the feed that connects again with its cursor whenever it was cut. It finds out whether an event was lost or came
 * twice. A slow one can be further behind than a replay reaches: then as many events may be missing as the gap says.
 */
export class FeedClient {
  /** The number of the newest event that came; 0 before the first. */
  head = 0;
  /** How many events are missing that a gap has told of, and that would come after the newest. */
  owed = 0;
  /** How often it connected. */
  connects = 0;
  /** Problems, in words. */
  readonly problems: string[] = [];
  /** How long it pauses after each line that it reads, in milliseconds; 0 for a client that keeps up. */
  slownessMs: number;
  readonly #options: FeedClientOptions;
  readonly #running: Promise<void>;
  #cursor = 'since=all';
  #epoch = '';
  #response: IncomingMessage | null = null;
  #isOver = false;

  constructor(options: FeedClientOptions) {
    this.#options = options;
    this.slownessMs = options.slownessMs;
    this.#running = this.#run();
  }

  get isConnected(): boolean {
    return this.#response !== null;
  }

  /** Ends its stream. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#response?.destroy();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#follow().catch(() => {});
      this.#response = null;
      if (!this.#isOver) await delay(PAUSE_MS);
    }
  }

  async #follow(): Promise<void> {
    const { access, url } = this.#options;
    const response = await access.open(url, `/events?format=ndjson&${this.#cursor}`);
    this.#response = response;
    this.connects++;
    if (this.#isOver) response.destroy();
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) await this.#read(line);
    }
  }

  async #read(line: string): Promise<void> {
    this.#take(line);
    const begun = performance.now();
    // It may be hurried up meanwhile.
    while (performance.now() - begun < this.slownessMs && !this.#isOver) await delay(Math.min(this.slownessMs, 500));
  }

  #take(line: string): void {
    const message = JSON.parse(line) as { readonly type: string; readonly reason?: string; readonly missed?: number };
    const isBehind = message.reason === 'truncated' && this.#options.slownessMs > 0;
    if (message.type === 'gap' && isBehind) this.owed += message.missed ?? 0;
    else if (message.type === 'gap') this.problems.push(`a gap: ${line}`);
    else if ('v' in message) this.#keep(message as TmuxEvent);
  }

  #keep(event: TmuxEvent): void {
    const [epoch = '', number = ''] = event.id.split('-');
    if (this.#epoch !== '' && epoch !== this.#epoch) this.problems.push(`another epoch: ${event.id}`);
    this.owed -= Number(number) - this.head - 1;
    if (Number(number) <= this.head || this.owed < 0)
      this.problems.push(`${event.id} came where ${this.head + 1} was due`);
    this.owed = Math.max(0, this.owed);
    this.#epoch = epoch;
    this.head = Number(number);
    this.#cursor = `last_event_id=${event.id}`;
    this.#options.onEvent(event);
  }
}
