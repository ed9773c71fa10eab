import type { FleetHost, HostState } from '../../core/fleet/fleet.ts';
import type { HistoryId } from './histories.ts';
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
  readonly newestOf: (history: HistoryId) => number | undefined;
  /** How far the log was read: until it changes, `newestOf` gives the same. */
  readonly readTo: () => string;
}

interface Entry {
  readonly report: HostReport;
  /** Unix milliseconds, by the clock of the bus. */
  readonly lastSeen: number;
  /** The head that its history had when it was first reported: what is older may never have been published. */
  readonly baseline: number;
  /** As it was last given. */
  given: FleetHost | null;
}

/** A list that was given. */
interface Listing {
  readonly hosts: readonly FleetHost[];
  /** What it was made of. */
  readonly version: string;
  /** The times at which it is right. */
  readonly from: number;
  readonly until: number;
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
  /** How often the hosts or jumps changed. */
  #changes = 0;
  #listing: Listing | null = null;

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
    this.#entries.set(report.name, { report, lastSeen, baseline: isSame ? former.baseline : report.head, given: null });
    this.#changes++;
    return true;
  }

  /** A host published an event after others that were never published. */
  jumped(name: string, events: number, now: number): void {
    this.#forgetOld(now);
    this.#jumps.set(name, { events: (this.#jumps.get(name)?.events ?? 0) + events, at: now });
    this.#changes++;
  }

  /** Removes a host. Gives whether there was one. */
  remove(name: string): boolean {
    this.#jumps.delete(name);
    this.#changes++;
    return this.#entries.delete(name);
  }

  /** In the order of their names. It is the same list for as long as nothing changes: making one, and what is made of it, takes milliseconds. */
  list(now: number): readonly FleetHost[] {
    const former = this.#listing;
    const isRight = former !== null && former.version === this.#version && former.from <= now && now < former.until;
    const listing = isRight ? former : this.#listAnew(now);
    this.#listing = listing;
    return listing.hosts;
  }

  get(name: string, now: number): FleetHost | null {
    this.#forgetOld(now);
    const entry = this.#entries.get(name);
    return entry ? this.#hostOf(entry, now) : null;
  }

  get #version(): string {
    return `${this.#changes} ${this.#options.readTo()}`;
  }

  #listAnew(now: number): Listing {
    this.#forgetOld(now);
    const made = [...this.#entries.values()]
      .map((entry) => this.#hostOf(entry, now))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const former = this.#listing?.hosts ?? [];
    const isSame = made.length === former.length && made.every((host, index) => host === former[index]);
    return { hosts: isSame ? former : made, version: this.#version, from: now, until: this.#nextChange(now) };
  }

  /** When a host becomes silent or is forgotten, or a jump is, if nothing else happens before. */
  #nextChange(now: number): number {
    const { silentAfterMs, forgetAfterMs } = this.#options;
    let next = Number.POSITIVE_INFINITY;
    for (const { lastSeen } of this.#entries.values()) {
      const silentAt = lastSeen + silentAfterMs + 1;
      next = Math.min(next, silentAt > now ? silentAt : lastSeen + forgetAfterMs + 1);
    }
    for (const { at } of this.#jumps.values()) next = Math.min(next, at + JUMP_SHOWN_MS);
    return next;
  }

  /** The same object for as long as nothing changes. */
  #hostOf(entry: Entry, now: number): FleetHost {
    const { name, host, version, advertise, servers, counts } = entry.report;
    const [state, behind] = [this.#stateOf(entry, now), this.#behind(entry)];
    if (entry.given?.state === state && entry.given.behind === behind) return entry.given;
    entry.given = { name, host, version, state, lastSeen: entry.lastSeen, advertise, servers, counts, behind };
    return entry.given;
  }

  #stateOf({ report, lastSeen }: Entry, now: number): HostState {
    if (report.hasLeft) return 'left';
    return now - lastSeen > this.#options.silentAfterMs ? 'silent' : 'present';
  }

  #behind({ report, baseline }: Entry): number {
    const newest = this.#options.newestOf(report) ?? baseline;
    return Math.max(0, report.head - newest) + (this.#jumps.get(report.name)?.events ?? 0);
  }

  #forgetOld(now: number): void {
    for (const [name, { lastSeen }] of this.#entries)
      if (now - lastSeen > this.#options.forgetAfterMs) this.remove(name);
    for (const [name, { at }] of this.#jumps) {
      if (now - at < JUMP_SHOWN_MS) continue;
      this.#jumps.delete(name);
      this.#changes++;
    }
  }

  /** Makes room by the host that was silent, or gone, for longest. */
  #forgetAbsent(now: number): boolean {
    const absent = [...this.#entries.values()].filter((entry) => this.#stateOf(entry, now) !== 'present');
    const [first, ...others] = absent;
    if (!first) return false;
    return this.remove(others.reduce((a, b) => (b.lastSeen < a.lastSeen ? b : a), first).report.name);
  }
}
