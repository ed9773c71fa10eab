import type { ServerResponse } from 'node:http';
import type { Clock } from './feed-clock.ts';

/** How far a reader is behind: `slow` if too many bytes wait for it, `stalled` if it has read nothing for too long. */
export type Pressure = 'none' | 'slow' | 'stalled';

/** Limits for how far a reader may be behind. */
export interface ChannelLimits {
  readonly maxQueueBytes: number;
  readonly stallMs: number;
}

/** How long the queue may exceed `maxQueueBytes`: a burst of deaths fills the queue of even the fastest reader for a moment. */
const SLOW_AFTER_MS = 1_000;

/** The send queue of one stream: bytes that the socket does not take yet wait here, in order, and none is ever left out. */
export class Channel {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #limits: ChannelLimits;
  /** The opening does not count as queued: a long replay is not the reader's fault. */
  readonly #opening: Buffer[] = [];
  readonly #live: Buffer[] = [];
  #liveBytes = 0;
  #overSince: number | null = null;
  #blockedSince: number | null = null;
  #finishedAt: number | null = null;
  #writtenAt: number;
  #ending = false;

  constructor(response: ServerResponse, clock: Clock, limits: ChannelLimits) {
    this.#response = response;
    this.#clock = clock;
    this.#limits = limits;
    this.#writtenAt = clock.steady();
    response.on('drain', () => this.#resume());
  }

  /** Sends the opening of the stream. */
  open(blocks: readonly Buffer[]): void {
    for (const block of blocks) this.#opening.push(block);
    this.#flow();
  }

  /** Sends blocks, or queues them behind earlier ones. */
  send(blocks: readonly Buffer[]): void {
    for (const block of blocks) this.#live.push(block);
    this.#count(blocks.reduce((sum, { length }) => sum + length, 0));
    this.#flow();
  }

  /** Ends the response when everything queued has been sent. */
  end(): void {
    this.#ending = true;
    this.#flow();
  }

  /** Whether the socket accepts no bytes at present. */
  get blocked(): boolean {
    return this.#blockedSince !== null;
  }

  /** Milliseconds since the last write to the socket. */
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

  // No cork: in a corked socket, `write` returns true although the socket is still full. Node joins the writes of one turn anyway.
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
