import type { FeedEvent } from './source/feed-event.ts';
import type { Format } from './stream-format.ts';
import { gapOf } from './stream-message.ts';

/** Something that is being sent to all streams, encoded once per format. */
export interface Broadcast {
  /** The log that it belongs to: 0 for the first, one more for each that replaced another. */
  readonly generation: number;
  /** The event; null for the notice that the log was replaced by this one. */
  readonly event: FeedEvent | null;
  /** Whether it was never sent before, in no log. */
  readonly isNew: boolean;
  /** The number of streams that it was sent to so far. */
  streams: number;
  bytesFor(format: Format): Buffer;
}

/** A live event. */
export function broadcastOf(event: FeedEvent, generation: number, isNew: boolean): Broadcast {
  return new EncodedBroadcast(generation, event, isNew, (format) => format.event(event));
}

/** The notice that the log was replaced by another. */
export function renewalOf(generation: number): Broadcast {
  return new EncodedBroadcast(generation, null, true, (format) => format.message(gapOf('epoch', null)));
}

class EncodedBroadcast implements Broadcast {
  readonly generation: number;
  readonly event: FeedEvent | null;
  readonly isNew: boolean;
  streams = 0;
  readonly #encode: (format: Format) => string;
  readonly #bytes = new Map<Format, Buffer>();

  constructor(generation: number, event: FeedEvent | null, isNew: boolean, encode: (format: Format) => string) {
    this.generation = generation;
    this.event = event;
    this.isNew = isNew;
    this.#encode = encode;
  }

  bytesFor(format: Format): Buffer {
    const made = this.#bytes.get(format);
    if (made) return made;
    const bytes = Buffer.from(this.#encode(format));
    this.#bytes.set(format, bytes);
    return bytes;
  }
}
