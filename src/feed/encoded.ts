import type { Format } from './stream-format.ts';

/** Something to send, encoded once per format: all streams share its bytes. */
export class Encoded {
  readonly #encode: (format: Format) => string;
  readonly #bytes = new Map<Format, Buffer>();

  constructor(encode: (format: Format) => string) {
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
