import type { Fleet, FleetHost, FleetSource, Forgetting } from '../../core/fleet/fleet.ts';
import type { FleetCursor, FleetEvent, FleetLog, OlderPart } from '../../core/fleet/fleet-log.ts';

/** A fleet that was never read. */
const UNREAD: Fleet = {
  log: {
    epoch: '',
    generation: 0,
    head: 0,
    oldest: 1,
    first: 1,
    after: () => [],
    missingAfter: () => 0,
    older: async () => null,
    cursorAt: () => '',
    readCursor: async () => ({ kind: 'unservable', reason: 'epoch' }),
  },
  source: { isUp: false, downSince: 0, hasRead: false, isWhole: false, lagSeconds: 0 },
  busTime: 0,
  hosts: () => [],
  host: () => null,
  forget: async () => ({ kind: 'unknown' }),
};

/** A fleet that can be exchanged for another one, for example if the login of the bus changes. Its readers need not know. The former fleet is shown until the next one was read once. */
export class ChangingFleet implements Fleet {
  #shown: Fleet = UNREAD;
  /** What is read at present, or will be. */
  #next: Fleet = UNREAD;
  readonly #log = new ChangingLog(UNREAD.log);

  get log(): FleetLog {
    return this.#log;
  }

  /** The connection is that of the next fleet, but what was read once stays readable. */
  get source(): FleetSource {
    const { isUp, downSince, lagSeconds } = this.#next.source;
    const { hasRead, isWhole } = this.#shown.source;
    return { isUp, downSince, lagSeconds, hasRead, isWhole };
  }

  get busTime(): number {
    return this.#shown.busTime;
  }

  hosts(): readonly FleetHost[] {
    return this.#shown.hosts();
  }

  host(name: string): FleetHost | null {
    return this.#shown.host(name);
  }

  forget(name: string): Promise<Forgetting> {
    return this.#next.forget(name);
  }

  /** Whether readers see this fleet. */
  shows(fleet: Fleet): boolean {
    return this.#shown === fleet;
  }

  /** Reads another fleet from now on. {@link ChangingFleet.settle} shows it. */
  become(next: Fleet): void {
    this.#next = next;
  }

  /** Shows the next fleet if it was read once, and gives its events that are newer than those of the former. */
  settle(): readonly FleetEvent[] {
    const [former, next] = [this.#shown, this.#next];
    if (former === next || !next.source.hasRead) return [];
    this.#shown = next;
    // The first log replaces no other. A stream that began in it was sent every event that can be put back after the log goes back.
    const isFirst = former === UNREAD;
    const isSame = isFirst || next.log.cursorAt(former.log.head) === former.log.cursorAt(former.log.head);
    this.#log.become(next.log, isSame);
    return isSame && !isFirst ? next.log.after(former.log.head) : [];
  }
}

class ChangingLog implements FleetLog {
  #log: FleetLog;
  /** How many logs the former fleets have had. */
  #former = 0;

  constructor(log: FleetLog) {
    this.#log = log;
  }

  /** Shows another log. `isSame` says that it replaces none: it is the first one, or the former one, read once more. */
  become(log: FleetLog, isSame: boolean): void {
    this.#former = this.generation + (isSame ? 0 : 1) - log.generation;
    this.#log = log;
  }

  get epoch(): string {
    return this.#log.epoch;
  }

  get generation(): number {
    return this.#former + this.#log.generation;
  }

  get head(): number {
    return this.#log.head;
  }

  get oldest(): number {
    return this.#log.oldest;
  }

  get first(): number {
    return this.#log.first;
  }

  after(seq: number, limit?: number): readonly FleetEvent[] {
    return this.#log.after(seq, limit);
  }

  missingAfter(seq: number): number {
    return this.#log.missingAfter(seq);
  }

  older(seq: number, limit: number): Promise<OlderPart | null> {
    return this.#log.older(seq, limit);
  }

  cursorAt(seq: number): string {
    return this.#log.cursorAt(seq);
  }

  readCursor(cursor: string): Promise<FleetCursor> {
    return this.#log.readCursor(cursor);
  }
}
