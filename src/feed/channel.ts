import type { ServerResponse } from 'node:http';
import type { Clock } from './feed-clock.ts';

/** How far a reader is behind: `slow` where too much waits for it, `stalled` where it has taken nothing for too long. */
export type Pressure = 'none' | 'slow' | 'stalled';

/** How far a reader may be behind. */
export interface ChannelLimits {
  readonly maxQueueBytes: number;
  readonly stallMs: number;
}

/** How long more than `maxQueueBytes` may wait: a burst of deaths fills the queue of the quickest reader for a moment. */
const SLOW_AFTER_MS = 1_000;

/** The bytes of one stream on their way to its reader: what the socket does not take waits here, in order, and nothing is ever left out. */
export class Channel {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #limits: ChannelLimits;
  /** Waits apart: a long replay is no fault of its reader. */
  readonly #opening: Buffer[];
  readonly #live: Buffer[] = [];
  #liveBytes = 0;
  #overSince: number | null = null;
  #blockedSince: number | null = null;
  #finishedAt: number | null = null;
  #writtenAt: number;
  #ending = false;

  constructor(response: ServerResponse, opening: readonly Buffer[], clock: Clock, limits: ChannelLimits) {
    this.#response = response;
    this.#opening = [...opening];
    this.#clock = clock;
    this.#limits = limits;
    this.#writtenAt = clock.steady();
    response.on('drain', () => this.#resume());
    this.#flow();
  }

  /** Sends blocks, or lets them wait behind what was sent before. */
  send(blocks: readonly Buffer[]): void {
    this.#live.push(...blocks);
    this.#count(blocks.reduce((sum, { length }) => sum + length, 0));
    this.#flow();
  }

  /** Ends the response once all that waits has been taken. */
  end(): void {
    this.#ending = true;
    this.#flow();
  }

  /** Whether the socket takes nothing at present. */
  get blocked(): boolean {
    return this.#blockedSince !== null;
  }

  /** Milliseconds since the socket was last given something. */
  get silentMs(): number {
    return this.#clock.steady() - this.#writtenAt;
  }

  get pressure(): Pressure {
    if (this.#hasLasted(this.#overSince, SLOW_AFTER_MS)) return 'slow';
    return this.#hasLasted(this.#finishedAt ?? this.#blockedSince, this.#limits.stallMs) ? 'stalled' : 'none';
  }

  #hasLasted(since: number | null, ms: number): boolean {
    return since !== null && this.#clock.steady() - since >= ms;
  }

  #resume(): void {
    this.#blockedSince = null;
    this.#flow();
  }

  // No cork: within one, `write` answers for the corked bytes alone, not for what the socket still holds. Node joins the writes of a turn anyway.
  #flow(): void {
    while (!this.blocked) {
      const block = this.#opening.shift() ?? this.#nextLive();
      if (!block) break;
      this.#write(block);
    }
    if (this.#ending && !this.blocked) this.#finish();
  }

  #nextLive(): Buffer | undefined {
    const block = this.#live.shift();
    if (block) this.#count(-block.length);
    return block;
  }

  #count(bytes: number): void {
    this.#liveBytes += bytes;
    if (this.#liveBytes <= this.#limits.maxQueueBytes) this.#overSince = null;
    else this.#overSince ??= this.#clock.steady();
  }

  #write(block: Buffer): void {
    this.#writtenAt = this.#clock.steady();
    if (!this.#response.write(block)) this.#blockedSince = this.#writtenAt;
  }

  #finish(): void {
    if (this.#finishedAt !== null) return;
    this.#finishedAt = this.#clock.steady();
    this.#response.end();
  }
}
