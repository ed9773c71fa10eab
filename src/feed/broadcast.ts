import { Encoded } from './encoded.ts';
import type { FeedEvent } from './source/feed-event.ts';
import type { Format } from './stream-format.ts';
import { gapOf } from './stream-message.ts';

/** Something that is being sent to all streams. */
export class Broadcast extends Encoded {
  /** The log that it belongs to: 0 for the first, one more for each that replaced another. */
  readonly generation: number;
  /** The event; null for the notice that the log was replaced by this one. */
  readonly event: FeedEvent | null;
  /** Whether it was never sent before: an event can leave the log and come back. */
  readonly isNew: boolean;
  /** The number of streams that it was sent to so far. */
  streams = 0;

  constructor(generation: number, event: FeedEvent | null, isNew: boolean, encode: (format: Format) => string) {
    super(encode);
    this.generation = generation;
    this.event = event;
    this.isNew = isNew;
  }
}

/** A live event. */
export function broadcastOf(event: FeedEvent, generation: number, isNew: boolean): Broadcast {
  return new Broadcast(generation, event, isNew, (format) => format.event(event));
}

/** The notice that the log was replaced by another. */
export function renewalOf(generation: number): Broadcast {
  return new Broadcast(generation, null, true, (format) => format.message(gapOf('epoch', null)));
}
