import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { TmuxEvent } from '../../../src/core/event/event.ts';

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly epoch?: string;
}

/** A client of the feed that comes back with its cursor after every end of the daemon. It finds out whether anything was lost or doubled on the way. */
export class Witness {
  readonly events: TmuxEvent[] = [];
  /** Problems, in words. */
  readonly problems: string[] = [];
  #epoch: string | null = null;
  #reading: Promise<void> = Promise.resolve();
  #controller = new AbortController();

  /** The sequence of the newest event that came. */
  get head(): number {
    return sequenceOf(this.events.at(-1)?.id);
  }

  /** Follows a daemon, beginning where the last one ended. */
  async follow(url: string): Promise<void> {
    const last = this.events.at(-1)?.id;
    const cursor = last === undefined ? 'since=all' : `last_event_id=${last}`;
    this.#controller = new AbortController();
    const response = await fetch(`${url}/events?format=ndjson&${cursor}`, { signal: this.#controller.signal });
    if (!response.body) throw new Error('the feed has no body');
    this.#reading = this.#read(Readable.fromWeb(response.body as never));
  }

  /** Ends the stream, or waits until it has ended with its daemon. */
  async leave(): Promise<void> {
    this.#controller.abort();
    await this.#reading;
  }

  /** Resolves when the daemon has ended and everything that it reported has arrived. */
  ended(): Promise<void> {
    return this.#reading;
  }

  async #read(stream: Readable): Promise<void> {
    try {
      for await (const line of createInterface({ input: stream })) this.#take(JSON.parse(line) as Message);
    } catch {
      // Cut in the middle of a line, by the end of the daemon or by us.
    }
  }

  #take(message: Message): void {
    if (message.type === 'hello') this.#greet(message);
    else if (message.type === 'gap') this.problems.push(`a gap: ${JSON.stringify(message)}`);
    else if (message.id !== undefined && 'v' in message) this.#keep(message as TmuxEvent);
  }

  #greet({ epoch }: Message): void {
    if (this.#epoch !== null && epoch !== this.#epoch)
      this.problems.push(`another epoch: ${epoch}, after ${this.#epoch}`);
    this.#epoch = epoch ?? null;
  }

  #keep(event: TmuxEvent): void {
    const expected = this.head + 1;
    if (sequenceOf(event.id) !== expected) this.problems.push(`event ${event.id} came where ${expected} was due`);
    this.events.push(event);
  }
}

function sequenceOf(id: string | undefined): number {
  return Number(id?.split('-')[1] ?? 0);
}
