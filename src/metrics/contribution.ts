import type { FleetView } from '../core/fleet.ts';
import { type Block, encodeLines, type Piece } from './block.ts';
import { FAMILIES } from './families.ts';
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
  *blocksOf(view: FleetView): Steps<Block[]> {
    const contributions: Contribution[] = [];
    for (const entry of entriesOf(view)) {
      contributions.push(this.#recall(entry) ?? (yield* this.#render(entry)));
    }
    return FAMILIES.map((head, at) => ({ head, pieces: contributions.flatMap(({ pieces }) => pieces[at] ?? []) }));
  }

  #recall(entry: Entry): Contribution | null {
    const known = this.#known.get(keyOf(entry));
    return known && known.entry.record === entry.record && known.entry.tombstone === entry.tombstone ? known : null;
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

function keyOf({ record, tombstone }: Entry): object {
  return record ?? tombstone ?? {};
}
