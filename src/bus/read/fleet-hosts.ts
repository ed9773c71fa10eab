import type { FleetHost, HostState } from '../../core/fleet/fleet.ts';
import type { HostReport } from './host-report.ts';

/** Hosts that are kept: a stolen key must not fill the memory. */
const MOST_HOSTS = 5_000;
/** How long events that a host jumped over count as behind. */
const JUMP_SHOWN_MS = 600_000;

/** The parts that the hosts are built from. */
export interface FleetHostsOptions {
  readonly silentAfterMs: number;
  readonly forgetAfterMs: number;
  /** Sequence of the newest event that was read of a history; undefined if there is none. */
  readonly newestOf: (name: string, epoch: string) => number | undefined;
}

interface Entry {
  readonly report: HostReport;
  /** Unix milliseconds, by the clock of the bus. */
  readonly lastSeen: number;
  /** The head that its history had when it was first reported: what is older may never have been published. */
  readonly baseline: number;
}

interface Jump {
  readonly events: number;
  readonly at: number;
}

/** The exporters of a fleet, as they last reported themselves. Times are Unix milliseconds by the clock of the bus. */
export class FleetHosts {
  readonly #options: FleetHostsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #jumps = new Map<string, Jump>();

  constructor(options: FleetHostsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes a report, and gives whether there was room for it. */
  take(report: HostReport, lastSeen: number, now: number): boolean {
    const former = this.#entries.get(report.name);
    if (!former && this.#entries.size >= MOST_HOSTS && !this.#forgetAbsent(now)) return false;
    const isSame = former?.report.epoch === report.epoch;
    this.#entries.set(report.name, { report, lastSeen, baseline: isSame ? former.baseline : report.head });
    return true;
  }

  /** A host published an event after others that were never published. */
  jumped(name: string, events: number, now: number): void {
    this.#forgetOld(now);
    this.#jumps.set(name, { events: (this.#jumps.get(name)?.events ?? 0) + events, at: now });
  }

  /** Removes a host. Gives whether there was one. */
  remove(name: string): boolean {
    this.#jumps.delete(name);
    return this.#entries.delete(name);
  }

  /** By name. */
  list(now: number): FleetHost[] {
    this.#forgetOld(now);
    return [...this.#entries.values()]
      .map((entry) => this.#hostOf(entry, now))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string, now: number): FleetHost | null {
    this.#forgetOld(now);
    const entry = this.#entries.get(name);
    return entry ? this.#hostOf(entry, now) : null;
  }

  #hostOf(entry: Entry, now: number): FleetHost {
    const { name, host, version, advertise, servers, counts } = entry.report;
    const [state, behind] = [this.#stateOf(entry, now), this.#behind(entry)];
    return { name, host, version, state, lastSeen: entry.lastSeen, advertise, servers, counts, behind };
  }

  #stateOf({ report, lastSeen }: Entry, now: number): HostState {
    if (report.hasLeft) return 'left';
    return now - lastSeen > this.#options.silentAfterMs ? 'silent' : 'present';
  }

  #behind({ report, baseline }: Entry): number {
    const { name, epoch, head } = report;
    const newest = this.#options.newestOf(name, epoch) ?? baseline;
    return Math.max(0, head - newest) + (this.#jumps.get(name)?.events ?? 0);
  }

  #forgetOld(now: number): void {
    for (const [name, { lastSeen }] of this.#entries)
      if (now - lastSeen > this.#options.forgetAfterMs) this.remove(name);
    for (const [name, { at }] of this.#jumps) if (now - at >= JUMP_SHOWN_MS) this.#jumps.delete(name);
  }

  /** Makes room by the host that was silent, or gone, for longest. */
  #forgetAbsent(now: number): boolean {
    const absent = [...this.#entries.values()].filter((entry) => this.#stateOf(entry, now) !== 'present');
    const [first, ...others] = absent;
    if (!first) return false;
    return this.remove(others.reduce((a, b) => (b.lastSeen < a.lastSeen ? b : a), first).report.name);
  }
}
