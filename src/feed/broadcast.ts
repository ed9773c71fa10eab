import type { LoggedEvent } from '../core/event/event-log.ts';
import type { Format } from './stream-format.ts';

/** A live event that is being sent to all streams. It is encoded once per format. */
export class Broadcast {
  readonly logged: LoggedEvent;
  /** The number of streams that it was sent to so far. */
  streams = 0;
  readonly #bytes = new Map<Format, Buffer>();

  constructor(logged: LoggedEvent) {
    this.logged = logged;
  }

  bytesFor(format: Format): Buffer {
    const made = this.#bytes.get(format);
    if (made) return made;
    const bytes = Buffer.from(format.event(this.logged));
    this.#bytes.set(format, bytes);
    return bytes;
  }
}
