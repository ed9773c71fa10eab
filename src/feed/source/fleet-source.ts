import type { Fleet, FleetHost } from '../../core/fleet/fleet.ts';
import type { FleetLog } from '../../core/fleet/fleet-log.ts';
import { Encoded } from '../encoded.ts';
import type { Filter } from '../event-filter.ts';
import type { Clock } from '../feed-clock.ts';
import type { FeedOptions } from '../options.ts';
import { type Gap, gapOf, type HelloSource } from '../stream-message.ts';
import type { Subscription } from '../subscription.ts';
import { type FeedEvent, fleetEvent } from './feed-event.ts';
import type { Beginning, FeedSource } from './feed-source.ts';
import { type FleetStart, findStart } from './fleet-start.ts';
import { snapshotOfHosts } from './host-snapshot.ts';
import { type OlderEvents, OlderReader } from './older-events.ts';
import { Waits } from './waits.ts';

/** Options of a {@link FleetSource}. */
export interface FleetSourceParts {
  readonly fleet: Fleet;
  /** The name of this machine. */
  readonly host: string;
  readonly clock: Clock;
  readonly options: () => Pick<FeedOptions, 'replayEvents'>;
}

/** The events of a fleet. The newest are in memory, older ones come from the bus. */
export class FleetSource implements FeedSource {
  readonly scope = 'fleet';
  readonly #parts: FleetSourceParts;
  readonly #waits = new Waits();
  readonly #older: OlderReader;
  /** The snapshot that asks for no host by name, by the list of hosts that it shows. */
  #shared: { readonly hosts: readonly FleetHost[]; readonly snapshot: Encoded } | null = null;
  #downSince: number | null = null;

  constructor(parts: FleetSourceParts) {
    this.#parts = parts;
    this.#older = new OlderReader(parts.fleet.log, parts.clock);
  }

  get epoch(): string {
    return this.#log.epoch;
  }

  get generation(): number {
    return this.#log.generation;
  }

  get head(): number {
    return this.#log.head;
  }

  after(seq: number): readonly FeedEvent[] {
    return seq >= this.head ? [] : this.#log.after(seq).map(fleetEvent);
  }

  cursorAt(seq: number): string {
    return this.#log.cursorAt(seq);
  }

  present(cursor: string): string {
    return cursor;
  }

  begin(subscription: Subscription, isOver: () => boolean, open: (beginning: Beginning) => void): void {
    void this.#begin(subscription, isOver, open);
  }

  hello(): HelloSource {
    const { host, fleet } = this.#parts;
    const { head, oldest } = this.#log;
    return {
      host,
      head: this.cursorAt(head),
      oldest: this.cursorAt(Math.min(oldest, head)),
      scope: 'fleet',
      hosts: fleet.hosts().length,
    };
  }

  snapshot(filter: Filter): Encoded {
    const hosts = this.#parts.fleet.hosts();
    if (filter.hosts.length > 0) return encodedSnapshot(hosts, filter);
    // Without hosts by name, the other filters change nothing in it.
    if (this.#shared?.hosts !== hosts) this.#shared = { hosts, snapshot: encodedSnapshot(hosts, filter) };
    return this.#shared.snapshot;
  }

  downSeconds(): number | null {
    if (this.#downSince === null) return null;
    return Math.floor((this.#parts.clock.steady() - this.#downSince) / 1_000);
  }

  awake(): void {
    const { fleet, clock } = this.#parts;
    // By the clock of the feed: that of the source may have begun at another moment.
    this.#downSince = fleet.source.isUp ? null : (this.#downSince ?? clock.steady());
    this.#waits.check();
  }

  get #log(): FleetLog {
    return this.#parts.fleet.log;
  }

  async #begin(subscription: Subscription, isOver: () => boolean, open: (beginning: Beginning) => void): Promise<void> {
    const { fleet, clock, options } = this.#parts;
    for (;;) {
      const { generation } = this;
      const start = await findStart({ fleet, subscription, clock, waits: this.#waits, isOver });
      const older = await this.#older.read(start, options().replayEvents, isOver);
      if (isOver()) return;
      // If the log was replaced meanwhile, the sequences mean nothing any more.
      if (generation === this.generation) return open(beginningOf(subscription, start, older));
    }
  }
}

function encodedSnapshot(hosts: readonly FleetHost[], filter: Filter): Encoded {
  return new Encoded((format) => format.message(snapshotOfHosts(hosts, filter)));
}

function beginningOf(
  { lastEventId }: Subscription,
  { from, cursor, gaps }: FleetStart,
  { events, missed, evicted, skipped }: OlderEvents,
): Beginning {
  // A reader that has read nothing yet misses nothing that was gone before.
  const missing = lastEventId === null ? missed : missed + evicted;
  return { from, cursor, gaps: withMissed(gaps, missing), older: events.map(fleetEvent), skipped };
}

/** What the bus did not give is counted with what it does not have. */
function withMissed(gaps: readonly Gap[], missed: number): readonly Gap[] {
  if (missed === 0) return gaps;
  const [gap] = gaps;
  return gap ? [gapOf(gap.reason, gap.missed === null ? null : gap.missed + missed)] : [gapOf('evicted', missed)];
}
