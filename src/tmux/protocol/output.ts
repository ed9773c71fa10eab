const FIRST_BYTES = 1_024;
const EMPTY = Buffer.alloc(0);

/** The bytes of one output stream, copied into one growing buffer: many short writes cost no more than a long one. */
export class Output {
  #memory = EMPTY;
  #length = 0;

  /** The bytes so far: a view that does not change when more bytes are added. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  /** Adds bytes at the end. */
  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#memory.length) {
      const memory = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#memory.length, FIRST_BYTES));
      memory.set(this.bytes);
      this.#memory = memory;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }
}
