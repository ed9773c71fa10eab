import { endianness } from 'node:os';

/** The protocol version that every tmux since 1.8 speaks (PROTOCOL_VERSION in tmux-protocol.h). */
export const PROTOCOL_VERSION = 8;

/** Size of a frame's header in bytes: type, length, protocol version and pid, each a u32. */
export const HEADER_BYTES = 16;

/** Maximum size of a frame in bytes, header included (MAX_IMSGSIZE of OpenBSD's imsg). */
export const MAX_FRAME_BYTES = 16_384;

/** Whether our client can speak to servers on this machine. The layout of a frame follows the byte order, and on big-endian machines it also differs between versions of tmux. */
export const SPEAKS_PROTOCOL = endianness() === 'LE';

/** One message of tmux's protocol. */
export interface Frame {
  /** A number of {@link MESSAGE}, or an unknown one. */
  readonly type: number;
  /** The low byte of the sender's protocol version. */
  readonly version: number;
  /** A view of the received bytes: valid until more bytes are pushed. */
  readonly data: Buffer;
}

/** Thrown for bytes that are no frame of tmux's protocol. The message says what was expected and what was found. */
export class NotAFrame extends Error {}

/** Encodes one frame. Throws {@link NotAFrame} if the data does not fit. */
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

/** Splits a stream of bytes into frames. It holds at most one incomplete frame. */
export class FrameReader {
  #rest: Buffer = EMPTY;

  /** Yields the frames that a piece completes, in order. Throws {@link NotAFrame} on bytes that are no frame; the stream is unusable then. */
  *push(piece: Buffer): Generator<Frame> {
    let bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = EMPTY;
    while (bytes.length >= HEADER_BYTES) {
      const length = lengthOf(bytes);
      if (bytes.length < length) break;
      yield { type: bytes.readUInt32LE(0), version: bytes[8] ?? 0, data: bytes.subarray(HEADER_BYTES, length) };
      bytes = bytes.subarray(length);
    }
    // A copy: the rest must not keep a large piece in memory.
    this.#rest = bytes.length === 0 ? EMPTY : Buffer.from(bytes);
  }
}

// Since 3.6 the length is a u32 whose top bit marks a passed descriptor; before, it was a u16 followed by u16 flags. Servers pass no
// descriptors to clients, and without them both are the same bytes on a little-endian machine.
function lengthOf(header: Buffer): number {
  const length = header.readUInt32LE(4);
  if (length >= HEADER_BYTES && length <= MAX_FRAME_BYTES) return length;
  throw new NotAFrame(`expected a frame of ${HEADER_BYTES} to ${MAX_FRAME_BYTES} bytes, found a length of ${length}`);
}

const EMPTY = Buffer.alloc(0);
