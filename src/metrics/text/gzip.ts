import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { runInSlices, type Steps } from './slices.ts';

const deflate = promisify(deflateRaw);

/** The fastest level. On an exposition it is 8 times faster than the default, and the result is 7 % larger. */
const LEVEL = 1;

/** The header of a gzip member without a name, a time or an operating system, RFC 1952, 2.3. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff]);

const CHECKED_AT_ONCE = 256 * 1024;

/** The beginning of a gzip member, to which different ends can be added. */
export interface GzipHead {
  readonly bytes: Buffer;
  /** CRC-32 of what was compressed. */
  readonly crc: number;
  /** Bytes before compression. */
  readonly size: number;
}

/** Compresses the beginning of a body, off the event loop. A sync flush makes it end on a whole byte, so that any end can follow. */
export async function gzipHead(body: Buffer): Promise<GzipHead> {
  const [deflated, crc] = await Promise.all([
    deflate(body, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH }),
    runInSlices(checksum(body)),
  ]);
  return { bytes: Buffer.concat([HEADER, deflated]), crc, size: body.length };
}

/** Compresses the end of the body. The result follows `head.bytes`. */
export async function gzipTail(head: GzipHead, body: Buffer): Promise<Buffer> {
  const deflated = await deflate(body, { level: LEVEL });
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(body, head.crc), 0);
  trailer.writeUInt32LE((head.size + body.length) % 2 ** 32, 4);
  return Buffer.concat([deflated, trailer]);
}

function* checksum(body: Buffer): Steps<number> {
  let crc = 0;
  for (let at = 0; at < body.length; at += CHECKED_AT_ONCE) {
    crc = crc32(body.subarray(at, at + CHECKED_AT_ONCE), crc);
    yield;
  }
  return crc;
}
