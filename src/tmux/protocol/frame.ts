import { endianness } from 'node:os';

/** The protocol version that every tmux since 1.8 speaks (PROTOCOL_VERSION in tmux-protocol.h). */
export const PROTOCOL_VERSION = 8;

/** Bytes of a frame's header: type, length, protocol version and pid, each a u32. */
export const HEADER_BYTES = 16;

/** The longest frame, header included (MAX_IMSGSIZE of OpenBSD's imsg). */
export const MAX_FRAME_BYTES = 16_384;

/** Whether frames of this machine have the layout that we know: it follows the byte order, and differs between versions of tmux on a big-endian machine. */
export const SPEAKS_PROTOCOL = endianness() === 'LE';

/** One message of tmux's protocol. */
export interface Frame {
  /** A number of {@link MESSAGE}, or one that we do not know. */
  readonly type: number;
  /** The low byte of the sender's protocol version. */
  readonly version: number;
  /** A view of the received bytes: valid until more bytes are pushed. */
  readonly data: Buffer;
}

/** Bytes that are no frame of tmux's protocol: the message says what was expected and what was found. */
export class NotAFrame extends Error {}

/** Encodes one frame. Throws {@link NotAFrame} if the data is too long for one. */
export function encodeFrame(type: number, data: Uint8Array = EMPTY): Buffer {
  const length = HEADER_BYTES + data.length;
  if (length > MAX_FRAME_BYTES) throw new NotAFrame(`expected at most ${MAX_FRAME_BYTES} bytes, found ${length}`);
  const frame = Buffer.allocUnsafe(length);
  frame.writeUInt32LE(type, 0);
  frame.writeUInt32LE(length, 4);
  frame.writeUInt32LE(PROTOCOL_VERSION, 8);
  frame.writeUInt32LE(0, 12);
  frame.set(data, HEADER_BYTES);
  return frame;
}

/** Takes bytes in any pieces and gives the frames in them. It holds at most one frame that is not complete. */
export class FrameReader {
  #rest: Buffer = EMPTY;

  /** Gives the frames that a piece completes, one after the other. Throws {@link NotAFrame} on bytes that are none: no frame can follow them. */
  *push(piece: Buffer): Generator<Frame> {
    let bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = EMPTY;
    while (bytes.length >= HEADER_BYTES) {
      const length = lengthOf(bytes);
      if (bytes.length < length) break;
      yield { type: bytes.readUInt32LE(0), version: bytes[8] ?? 0, data: bytes.subarray(HEADER_BYTES, length) };
      bytes = bytes.subarray(length);
    }
    // A copy: what is left must not keep a large piece alive.
    this.#rest = bytes.length === 0 ? EMPTY : Buffer.from(bytes);
  }
}

// From 3.6 on the length is a u32 with the top bit for a passed descriptor; before, a u16 and u16 flags. Without descriptors, which
// no server passes to a client, both are the same bytes on a little-endian machine.
function lengthOf(header: Buffer): number {
  const length = header.readUInt32LE(4);
  if (length >= HEADER_BYTES && length <= MAX_FRAME_BYTES) return length;
  throw new NotAFrame(`expected a frame of ${HEADER_BYTES} to ${MAX_FRAME_BYTES} bytes, found a length of ${length}`);
}

const EMPTY = Buffer.alloc(0);
