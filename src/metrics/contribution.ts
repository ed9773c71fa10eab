import type { FleetView } from '../core/fleet.ts';
import { type Block, encodeLines, type Piece } from './block.ts';
import { FAMILIES } from './families.ts';
import type { PollFailures } from './poll-failures.ts';
import { type Entry, entriesOf, subjectOf } from './server.ts';
import type { Steps } from './slices.ts';

/** What one entry contributes: a piece for each family, in the order of the table. */
interface Contribution {
  readonly entry: Entry;
  readonly pieces: readonly Piece[];
}

/** Remembers what each server contributes for as long as nothing of it changes, so that a new view costs no more than what is new in it. */
export class Contributions {
  readonly #known = new WeakMap<object, Contribution>();
  #rendered = 0;

  /** How many servers were rendered so far. */
  get rendered(): number {
    return this.#rendered;
  }

  /** The blocks of a view. */
  *blocksOf(view: FleetView, failures: PollFailures): Steps<Block[]> {
    const blocks = FAMILIES.map((head) => ({ head, pieces: [] as Piece[] }));
    for (const entry of entriesOf(view, failures)) {
      const { pieces } = this.#recall(entry) ?? (yield* this.#render(entry));
      for (const [at, piece] of pieces.entries()) if (piece.series > 0) blocks[at]?.pieces.push(piece);
      yield;
    }
    return blocks;
  }

  #recall(entry: Entry): Contribution | null {
    const known = this.#known.get(keyOf(entry));
    return known && isSame(known.entry, entry) ? known : null;
  }

  *#render(entry: Entry): Steps<Contribution> {
    const server = subjectOf(entry);
    const pieces: Piece[] = [];
    for (const family of FAMILIES) {
      pieces.push(encodeLines(family.write(server)));
      yield;
    }
    const contribution = { entry, pieces };
    this.#known.set(keyOf(entry), contribution);
    this.#rendered++;
    return contribution;
  }
}

function isSame(a: Entry, b: Entry): boolean {
  return a.record === b.record && a.tombstone === b.tombstone && a.failures === b.failures;
}

function keyOf({ record, tombstone }: Entry): object {
  return record ?? tombstone ?? {};
}
