import { encodeFrame } from '../../../../src/tmux/protocol/frame.ts';
import { MESSAGE } from '../../../../src/tmux/protocol/message.ts';

/** Numbers as tmux writes them: i32, in the byte order of a little-endian machine. */
export function int32(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeInt32LE(number, 4 * at);
  return bytes;
}

/** A frame with any header, also one that no tmux sends. */
export function rawFrame(type: number, length: number, data: Uint8Array = Buffer.alloc(0), version = 8): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(length, 4);
  header.writeUInt32LE(version, 8);
  return Buffer.concat([header, data]);
}

/** The same frame as a big-endian machine sends it. */
export function bigEndianFrame(frame: Buffer): Buffer {
  const swapped = Buffer.from(frame);
  swapped.subarray(0, 16).swap32();
  return swapped;
}

/** EXIT with a code and perhaps a text, which tmux ends with a NUL. */
export function exitFrame(code: number, text?: string): Buffer {
  return encodeFrame(MESSAGE.exit, Buffer.concat([int32(code), Buffer.from(text === undefined ? '' : `${text}\0`)]));
}

/** WRITE of bytes to a stream. */
export function writeFrame(stream: number, bytes: Uint8Array | string): Buffer {
  return encodeFrame(MESSAGE.write, Buffer.concat([int32(stream), Buffer.from(bytes)]));
}

/** WRITE_OPEN of a stream: a path is given for a file. */
export function writeOpenFrame(stream: number, path = ''): Buffer {
  return encodeFrame(MESSAGE.writeOpen, Buffer.concat([int32(stream, stream > 2 ? -1 : stream, 0), text(path)]));
}

/** READ_OPEN of a file. */
export function readOpenFrame(stream: number, path: string): Buffer {
  return encodeFrame(MESSAGE.readOpen, Buffer.concat([int32(stream, -1), text(path)]));
}

/** STDOUT or STDERR as tmux up to 3.0 sends them: a ssize_t, then a buffer of which `size` bytes count. */
export function oldOutputFrame(type: number, bytes: string, layout: OldLayout, size = BigInt(bytes.length)): Buffer {
  const header = Buffer.alloc(layout.sizeBytes);
  if (layout.sizeBytes === 8) header.writeBigInt64LE(size);
  else header.writeInt32LE(Number(size));
  return encodeFrame(type, Buffer.concat([header, Buffer.from(bytes.padEnd(layout.bufsiz, 'z'))]));
}

/** The sizes of `ssize_t` and of the C library's buffer on the machine of an old server. */
export interface OldLayout {
  readonly sizeBytes: 4 | 8;
  readonly bufsiz: 1_024 | 8_192;
}

/** Every layout that old servers have. */
export const OLD_LAYOUTS: readonly OldLayout[] = [
  { sizeBytes: 8, bufsiz: 8_192 },
  { sizeBytes: 8, bufsiz: 1_024 },
  { sizeBytes: 4, bufsiz: 8_192 },
  { sizeBytes: 4, bufsiz: 1_024 },
];

/** Cuts bytes at places that are given as shares of their length. */
export function cutAt(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const places = [0, ...shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b)];
  return places.map((place, at) => bytes.subarray(place, places[at + 1] ?? bytes.length));
}

function text(path: string): Buffer {
  return Buffer.from(`${path}\0`);
}
