import type { FamilyHead, Format } from '../text/exposition-format.ts';
import type { Lines } from '../text/sample.ts';
import type { Steps } from '../text/slices.ts';

/** Encoded lines of an exposition, and the number of series in them. */
export interface Piece {
  readonly bytes: Buffer;
  readonly series: number;
}

/** A family of an exposition with its samples, in non-empty pieces. */
export interface Block {
  readonly head: FamilyHead;
  readonly pieces: readonly Piece[];
}

const NOTHING: Piece = { bytes: Buffer.alloc(0), series: 0 };

const PIECES_PER_STEP = 64;

/** Encodes sample lines. */
export function encodeLines({ text, series }: Lines): Piece {
  return series === 0 ? NOTHING : { bytes: Buffer.from(text), series };
}

/** Joins blocks into a part of an exposition. Families without a sample are left out. */
export function* joinBlocks(format: Format, blocks: readonly Block[]): Steps<Piece> {
  const pieces: Piece[] = [];
  for (const block of blocks) {
    if (block.pieces.length === 0) continue;
    pieces.push({ bytes: Buffer.from(format.head(block.head)), series: 0 }, ...block.pieces);
  }
  return yield* joinPieces(pieces);
}

function* joinPieces(pieces: readonly Piece[]): Steps<Piece> {
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0));
  let end = 0;
  let series = 0;
  for (const [at, piece] of pieces.entries()) {
    bytes.set(piece.bytes, end);
    end += piece.bytes.length;
    series += piece.series;
    if (at % PIECES_PER_STEP === 0) yield;
  }
  return { bytes, series };
}
