import type { EventType } from '../../../src/core/event/event.ts';
import type { DropReason, FeedObserver } from '../../../src/feed/feed-observer.ts';
import type { GapReason } from '../../../src/feed/stream-message.ts';

/** An observer that remembers, and can be waited for. */
export class Tally implements FeedObserver {
  clients = 0;
  readonly delivery: [EventType, number][] = [];
  readonly replays: number[] = [];
  readonly drops: DropReason[] = [];
  readonly gaps: GapReason[] = [];
  #waiting: (() => void)[] = [];

  connected(): void {
    this.clients++;
    this.#changed();
  }

  disconnected(): void {
    this.clients--;
    this.#changed();
  }

  delivered(type: EventType, streams: number): void {
    this.delivery.push([type, streams]);
    this.#changed();
  }

  replayed(events: number): void {
    this.replays.push(events);
  }

  dropped(reason: DropReason): void {
    this.drops.push(reason);
    this.#changed();
  }

  gap(reason: GapReason): void {
    this.gaps.push(reason);
  }

  /** Waits until this many clients are connected. */
  async untilClients(count: number): Promise<void> {
    while (this.clients !== count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
