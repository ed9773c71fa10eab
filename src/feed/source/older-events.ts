import type { FleetEvent, FleetLog, OlderPart } from '../../core/fleet/fleet-log.ts';
import { Lane } from '../../core/lane.ts';
import type { Clock } from '../feed-clock.ts';
import { countBefore, type FleetStart } from './fleet-start.ts';
import { answerWithin } from './waits.ts';

/** How long the bus may take to give the events of one stream. */
const READING_MS = 10_000;

/** How many streams are given such events at one time: each holds all of them in memory. */
const READS_AT_ONCE = 4;

/** How many events are read for each one that a replay may bring: a reader may want only deaths, or only one host. */
const READ_PER_REPLAYED = 10;

/** Events of a fleet that are not in memory any more. */
export interface OlderEvents {
  /** Oldest first. */
  readonly events: readonly FleetEvent[];
  /** How many the bus did not give, at most. */
  readonly missed: number;
  /** How many the bus does not have any more after the first of them, at most. */
  readonly evicted: number;
  /** How many come before `events` and were not read because there are too many, at most. */
  readonly skipped: number;
}

/** Reads the events that are not in memory, from the bus. */
export class OlderReader {
  readonly #log: FleetLog;
  readonly #clock: Clock;
  readonly #lane = new Lane(READS_AT_ONCE);

  constructor(log: FleetLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Reads those after a start, for a replay of at most `replayEvents`. While they come, memory can lose more, so it is compared again. */
  async read({ from, notBefore }: FleetStart, replayEvents: number, isOver: () => boolean): Promise<OlderEvents> {
    const log = this.#log;
    const endsAt = this.#clock.steady() + READING_MS;
    const limit = replayEvents * READ_PER_REPLAYED;
    const events: FleetEvent[] = [];
    let [missed, evicted] = [0, 0];
    let skipped = 0;
    for (let read = Math.max(from, log.first - 1); read < log.oldest - 1 && !isOver(); ) {
      const last = log.oldest - 1;
      const found = await this.#ask(read, limit, endsAt, isOver);
      if (found === null) missed += last - read;
      else if (found.events.length >= limit) skipped += (found.events[0]?.seq ?? 0) - 1 - read;
      evicted += found?.missingUpTo(last) ?? 0;
      events.push(...(found?.events ?? []));
      read = Math.max(last, found?.events.at(-1)?.seq ?? 0);
    }
    const earlier = countBefore(events, notBefore);
    // If the first that was read is not wanted, none before it is.
    return { events: events.slice(earlier), missed, evicted, skipped: earlier === 0 ? skipped : 0 };
  }

  /** Null if the bus does not give them in time. */
  #ask(seq: number, limit: number, endsAt: number, isOver: () => boolean): Promise<OlderPart | null> {
    const leftMs = () => endsAt - this.#clock.steady();
    // Nobody may wait for it any more when it is its turn.
    const reading = this.#lane.run(async () => (leftMs() > 0 && !isOver() ? this.#log.older(seq, limit) : null));
    return answerWithin(reading, leftMs(), this.#clock);
  }
}
