import type { FleetView } from '../core/fleet.ts';
import { type Block, encodeLines, type Piece } from './block.ts';
import type { Exposure } from './exposure.ts';
import { exposedGroups, type FamilyGroup } from './families.ts';
import type { PollFailures } from './poll-failures.ts';
import { allot, type Quota, truncationsBy } from './quota.ts';
import type { Lines } from './sample.ts';
import { type Entry, entriesOf, type ServerSubject, subjectOf } from './server.ts';
import type { Steps } from './slices.ts';

/** What is rendered: a view, with as many series as a budget allows. */
export interface RenderOptions {
  readonly view: FleetView;
  readonly failures: PollFailures;
  readonly exposure: Exposure;
  readonly budget: number;
}

/** What is known of one entry, and what it contributes for a quota: pieces for each family, in the order of the groups. */
interface Contribution {
  readonly entry: Entry;
  readonly exposure: Exposure;
  readonly subject: ServerSubject;
  quota: Quota | null;
  pieces: readonly (readonly Piece[])[];
}

/** Objects that are written in one step. */
const WRITTEN_AT_ONCE = 500;

/** Remembers what each server contributes for as long as nothing of it changes, so that a new view costs no more than what is new in it. */
export class Contributions {
  readonly #known = new WeakMap<object, Contribution>();
  #rendered = 0;

  /** How many servers were rendered so far. */
  get rendered(): number {
    return this.#rendered;
  }

  /** The blocks of a view. */
  *blocksOf({ view, failures, exposure, budget }: RenderOptions): Steps<Block[]> {
    const groups = exposedGroups(exposure);
    const contributions: Contribution[] = [];
    for (const entry of entriesOf(view, failures)) {
      contributions.push(this.#recall(entry, exposure));
      yield;
    }
    const subjects = contributions.map(({ subject }) => subject);
    const quotas = yield* allot(subjects, groups, budget);
    const blocks = groups.flatMap(({ families }) => families.map((head) => ({ head, pieces: [] as Piece[] })));
    for (const [place, contribution] of contributions.entries()) {
      yield* this.#render(contribution, groups, quotas[place] ?? []);
      for (const [at, pieces] of contribution.pieces.entries()) blocks[at]?.pieces.push(...pieces);
      yield;
    }
    return blocks;
  }

  #recall(entry: Entry, exposure: Exposure): Contribution {
    const key = entry.record ?? entry.tombstone ?? {};
    const known = this.#known.get(key);
    if (known && known.exposure === exposure && isSame(known.entry, entry)) return known;
    const fresh = { entry, exposure, subject: subjectOf(entry, exposure), quota: null, pieces: [] };
    this.#known.set(key, fresh);
    return fresh;
  }

  *#render(contribution: Contribution, groups: readonly FamilyGroup[], quota: Quota): Steps<void> {
    if (contribution.quota && isEqual(contribution.quota, quota)) return;
    const { subject } = contribution;
    const server = { ...subject, truncated: truncationsBy(quota, groups, subject) };
    const pieces: Piece[][] = [];
    for (const [at, { families }] of groups.entries()) {
      for (const { write } of families)
        pieces.push(yield* writeAll((from, to) => write(server, from, to), quota[at] ?? 0));
    }
    contribution.pieces = pieces;
    contribution.quota = quota;
    this.#rendered++;
  }
}

function* writeAll(write: (from: number, to: number) => Lines, count: number): Steps<Piece[]> {
  const pieces: Piece[] = [];
  for (let from = 0; from < count; from += WRITTEN_AT_ONCE) {
    const piece = encodeLines(write(from, Math.min(from + WRITTEN_AT_ONCE, count)));
    if (piece.series > 0) pieces.push(piece);
    yield;
  }
  return pieces;
}

function isSame(a: Entry, b: Entry): boolean {
  return a.record === b.record && a.tombstone === b.tombstone && a.failures === b.failures;
}

function isEqual(a: Quota, b: Quota): boolean {
  return a.length === b.length && a.every((count, at) => count === b[at]);
}
