import type { Broadcast } from './broadcast.ts';
import type { Format } from './stream-format.ts';

/** Bytes that are joined at most: a larger block would hide from the queue of a slow reader how much waits for it. */
const MOST_JOINED = 65_536;

/** Broadcasts that are sent together, in order. Streams that want all of them get the same few blocks. */
export class Batch {
  readonly broadcasts: readonly Broadcast[];
  readonly #joined = new Map<Format, readonly Buffer[]>();

  constructor(broadcasts: readonly Broadcast[]) {
    this.broadcasts = broadcasts;
  }

  /** The blocks of those broadcasts that a stream wants. */
  blocksOf(wanted: readonly Broadcast[], format: Format): readonly Buffer[] {
    if (wanted.length === this.broadcasts.length) return this.#allFor(format);
    return wanted.map((broadcast) => broadcast.bytesFor(format));
  }

  #allFor(format: Format): readonly Buffer[] {
    const made = this.#joined.get(format);
    if (made) return made;
    const joined = joinedOf(this.broadcasts.map((broadcast) => broadcast.bytesFor(format)));
    this.#joined.set(format, joined);
    return joined;
  }
}

function joinedOf(blocks: readonly Buffer[]): readonly Buffer[] {
  const groups: Buffer[][] = [];
  let room = 0;
  for (const block of blocks) {
    const group = block.length <= room ? groups.at(-1) : undefined;
    if (group) group.push(block);
    else groups.push([block]);
    room = (group ? room : MOST_JOINED) - block.length;
  }
  return groups.map((group) => Buffer.concat(group));
}
