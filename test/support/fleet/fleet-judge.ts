import type { EventType } from '../../../src/core/event/event.ts';
import type { Reception } from './fleet-follower.ts';
import { keyOf, type Truth } from './truth.ts';

/** What a follower of a fleet heard, compared with the truth. */
export interface FleetJudgement {
  /** Events that it did not hear. */
  readonly missed: readonly string[];
  /** The deaths among them. */
  readonly missedDeaths: readonly string[];
  /** Events that it heard more than once, and that the bus had not lost. */
  readonly twice: readonly string[];
  /** Events that it heard again after a gap that said that the log is another: then all that is kept comes. */
  readonly again: number;
  /** Events that it heard more than once because they were put back. */
  readonly healed: number;
  /** Events that came after a later one of the same exporter, and were not put back. */
  readonly disorder: readonly string[];
  /** Events that no exporter stored. */
  readonly invented: readonly string[];
  /** Gaps by reason. */
  readonly gaps: Readonly<Record<string, number>>;
}

/** Compares what came with the truth: every event once, and in the order of its exporter. An event that the bus lost and got back may come again, and any after a change of the log. */
export function judgeFollower(truth: Truth, receptions: readonly Reception[]): FleetJudgement {
  const hearing = new Hearing(truth);
  const gaps: Record<string, number> = {};
  for (const reception of receptions) {
    if (reception.kind === 'event') hearing.take(reception.name, reception.id);
    else {
      gaps[reception.reason] = (gaps[reception.reason] ?? 0) + 1;
      if (reception.reason === 'epoch') hearing.beginAnew();
    }
  }
  const missed = hearing.missed();
  return {
    missed: missed.map(({ key }) => key),
    missedDeaths: missed.filter(({ type }) => type === 'server-gone').map(({ key }) => key),
    twice: hearing.twice,
    again: hearing.again,
    healed: hearing.healed,
    disorder: hearing.disorder,
    invented: hearing.invented,
    gaps,
  };
}

/** What was heard so far. */
class Hearing {
  readonly twice: string[] = [];
  readonly disorder: string[] = [];
  readonly invented: string[] = [];
  healed = 0;
  again = 0;
  /** What was heard since the log changed. */
  readonly #present = new Set<string>();
  readonly #truth: Truth;
  readonly #events: ReadonlyMap<string, { readonly place: number; readonly type: EventType }>;
  readonly #times = new Map<string, number>();
  /** The place of the last event of each exporter. */
  readonly #last = new Map<string, number>();

  constructor(truth: Truth) {
    this.#truth = truth;
    const events = truth.names.flatMap((name) =>
      truth.of(name).map(({ id, type }, place) => [keyOf(name, id), { place, type }] as const),
    );
    this.#events = new Map(events);
  }

  /** The log is another. */
  beginAnew(): void {
    this.#present.clear();
  }

  take(name: string, id: string): void {
    const key = keyOf(name, id);
    const place = this.#events.get(key)?.place;
    if (place === undefined) {
      if (!this.#truth.isEarlier(name, id)) this.invented.push(key);
      return;
    }
    const times = this.#times.get(key) ?? 0;
    this.#times.set(key, times + 1);
    const timesHealed = this.#truth.timesHealed(name, id);
    const last = this.#last.get(name) ?? -1;
    const isPresent = this.#present.has(key);
    this.#present.add(key);
    if (times > timesHealed && isPresent) this.twice.push(key);
    else if (times > timesHealed) this.again++;
    else if (times > 0) this.healed++;
    else if (place < last && timesHealed === 0) this.disorder.push(key);
    // The exporter goes on after what it put back.
    if (place > last || timesHealed > 0) this.#last.set(name, place);
  }

  missed(): { key: string; type: EventType }[] {
    return [...this.#events].filter(([key]) => !this.#times.has(key)).map(([key, { type }]) => ({ key, type }));
  }
}
