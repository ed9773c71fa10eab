import type { FamilyHead, Format } from '../text/exposition-format.ts';
import type { Lines } from '../text/sample.ts';
import type { Steps } from '../text/slices.ts';

/** Encoded lines of one family: a range of bytes that other pieces share, and the number of series in them. A buffer of its own would need more memory than a short piece itself. */
export interface Piece {
  /** Place of the family in the exposition. */
  readonly family: number;
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  readonly series: number;
}

/** Encoded lines of an exposition, and the number of series in them. */
export interface Encoded {
  readonly bytes: Buffer;
  readonly series: number;
}

/** Lines of one family that are not encoded yet. */
export interface FamilyLines {
  readonly family: number;
  readonly lines: Lines;
}

/** A family of an exposition with its samples, in non-empty pieces. */
export interface Block {
  readonly head: FamilyHead;
  readonly pieces: readonly Piece[];
}

const PIECES_PER_STEP = 64;

/** Lines of at least this many characters are encoded in one step, and share a buffer. */
const ENCODED_AT_ONCE = 32_768;

/** Encodes sample lines, in few buffers. */
export function* encodeLines(all: readonly FamilyLines[]): Steps<Piece[]> {
  const pieces: Piece[] = [];
  let begun = 0;
  let length = 0;
  for (let at = 0; at < all.length; at++) {
    length += all[at]?.lines.text.length ?? 0;
    if (length < ENCODED_AT_ONCE) continue;
    pieces.push(...encodeTogether(all.slice(begun, at + 1)));
    begun = at + 1;
    length = 0;
    yield;
  }
  return begun === 0 ? encodeTogether(all) : [...pieces, ...encodeTogether(all.slice(begun))];
}

function encodeTogether(all: readonly FamilyLines[]): Piece[] {
  const bytes = Buffer.from(all.map(({ lines }) => lines.text).join(''));
  let end = 0;
  return all.map(({ family, lines }) => {
    const from = end;
    end += Buffer.byteLength(lines.text);
    return { family, bytes, from, to: end, series: lines.series };
  });
}

/** Joins blocks into a part of an exposition. Families without a sample are left out. */
export function* joinBlocks(format: Format, blocks: readonly Block[]): Steps<Encoded> {
  const pieces: Piece[] = [];
  for (const [family, { head, pieces: own }] of blocks.entries()) {
    if (own.length === 0) continue;
    const bytes = Buffer.from(format.head(head));
    pieces.push({ family, bytes, from: 0, to: bytes.length, series: 0 });
    for (const piece of own) pieces.push(piece);
  }
  return yield* joinPieces(pieces);
}

function* joinPieces(pieces: readonly Piece[]): Steps<Encoded> {
  const joined = Buffer.allocUnsafeSlow(pieces.reduce((sum, { from, to }) => sum + to - from, 0));
  let end = 0;
  let series = 0;
  for (const [at, piece] of pieces.entries()) {
    end += piece.bytes.copy(joined, end, piece.from, piece.to);
    series += piece.series;
    if (at % PIECES_PER_STEP === 0) yield;
  }
  return { bytes: joined, series };
}
