import type { LoggedEvent } from '../core/event/event-log.ts';
import type { Format } from './stream-format.ts';

/** A live event on its way to all streams: its bytes are made once per format. */
export class Broadcast {
  readonly logged: LoggedEvent;
  /** Streams that it went to so far. */
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
