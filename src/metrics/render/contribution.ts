import type { FleetView } from '../../core/record/view.ts';
import type { Exposure } from '../families/exposure.ts';
import { exposedGroups, type FamilyGroup } from '../families/families.ts';
import type { PollFailures } from '../families/poll-failures.ts';
import { type Entry, entriesOf, type ServerSubject, subjectOf } from '../families/subject.ts';
import type { Steps } from '../text/slices.ts';
import { type Block, encodeLines, type FamilyLines, type Piece } from './block.ts';
import { allot, mostSeries, type Quota, truncationsBy } from './quota.ts';

/** The view to render, and the most series that it may have. */
export interface RenderOptions {
  readonly view: FleetView;
  readonly failures: PollFailures;
  readonly exposure: Exposure;
  readonly budget: number;
}

/** The rendered series of one entry with a quota. */
interface Contribution {
  readonly entry: Entry;
  readonly exposure: Exposure;
  readonly quota: Quota | null;
  readonly pieces: readonly Piece[];
}

/** An entry, and how much of it may be shown. The subject is null if the quota did not need it. */
interface Share {
  readonly entry: Entry;
  readonly subject: ServerSubject | null;
  /** Null if everything may be shown. */
  readonly quota: Quota | null;
}

/** Objects written in one step. */
const WRITTEN_AT_ONCE = 500;

/** Renders views, and caches the result of each server until it changes. So a new view costs only what is new in it. */
export class Contributions {
  readonly #known = new WeakMap<object, Contribution>();
  #rendered = 0;

  /** Number of servers rendered so far. */
  get rendered(): number {
    return this.#rendered;
  }

  /** The blocks of a view. */
  *blocksOf({ view, failures, exposure, budget }: RenderOptions): Steps<Block[]> {
    const groups = exposedGroups(exposure);
    const shares = yield* sharesOf(entriesOf(view, failures), exposure, groups, budget);
    const blocks = groups.flatMap(({ families }) => families.map((head) => ({ head, pieces: [] as Piece[] })));
    for (const share of shares) {
      const { pieces } = this.#recall(share, exposure) ?? (yield* this.#render(share, exposure, groups));
      for (const piece of pieces) blocks[piece.family]?.pieces.push(piece);
      yield;
    }
    return blocks;
  }

  #recall({ entry, quota }: Share, exposure: Exposure): Contribution | null {
    const known = this.#known.get(keyOf(entry));
    if (!known || known.exposure !== exposure || !isSame(known.entry, entry)) return null;
    return isEqual(known.quota, quota) ? known : null;
  }

  *#render({ entry, subject, quota }: Share, exposure: Exposure, groups: readonly FamilyGroup[]): Steps<Contribution> {
    const whole = subject ?? subjectOf(entry, exposure);
    const server = quota ? { ...whole, truncated: truncationsBy(quota, groups, whole) } : whole;
    const written: FamilyLines[] = [];
    let family = 0;
    let sinceStep = 0;
    for (const [at, { families, size }] of groups.entries()) {
      const count = quota?.[at] ?? size(server);
      for (const { write } of families) {
        for (let from = 0; from < count; from += WRITTEN_AT_ONCE) {
          const to = Math.min(from + WRITTEN_AT_ONCE, count);
          const lines = write(server, from, to);
          if (lines.series > 0) written.push({ family, lines });
          // A step for each family of a small server would cost more than its lines.
          sinceStep += to - from;
          if (sinceStep < WRITTEN_AT_ONCE) continue;
          sinceStep = 0;
          yield;
        }
        family++;
      }
    }
    const contribution = { entry, exposure, quota, pieces: yield* encodeLines(written) };
    this.#known.set(keyOf(entry), contribution);
    this.#rendered++;
    return contribution;
  }
}

/** The shares of all entries. Skips the quota if everything is known to fit. */
function* sharesOf(
  entries: readonly Entry[],
  exposure: Exposure,
  groups: readonly FamilyGroup[],
  budget: number,
): Steps<Share[]> {
  if (mostSeries(entries, groups) <= budget) return entries.map((entry) => ({ entry, subject: null, quota: null }));
  const subjects: ServerSubject[] = [];
  for (const entry of entries) {
    subjects.push(subjectOf(entry, exposure));
    yield;
  }
  const quotas = yield* allot(subjects, groups, budget);
  return entries.map((entry, place) => ({ entry, subject: subjects[place] ?? null, quota: quotas[place] ?? null }));
}

function isSame(a: Entry, b: Entry): boolean {
  return a.record === b.record && a.tombstone === b.tombstone && a.failures === b.failures;
}

function keyOf({ record, tombstone }: Entry): object {
  return record ?? tombstone ?? {};
}

function isEqual(a: Quota | null, b: Quota | null): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((count, at) => count === b[at]);
}
