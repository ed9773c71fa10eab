import type { TmuxEvent } from '../../../src/core/event/event.ts';
import type { Fleet, FleetHost, FleetSource, Forgetting } from '../../../src/core/fleet/fleet.ts';
import type { FleetEvent } from '../../../src/core/fleet/fleet-log.ts';
import { MemoryFleetLog, type MemoryFleetLogOptions } from './memory-fleet-log.ts';

/** A fleet in memory: what a hub reads from the bus, set by hand. */
export class MemoryFleet implements Fleet {
  readonly log: MemoryFleetLog;
  source: FleetSource = { isUp: true, downSince: null, hasRead: true, isWhole: true, lagSeconds: 0 };
  /** 2026-01-02 03:04:05 UTC. */
  busTime = Date.UTC(2026, 0, 2, 3, 4, 5);
  /** The result of forgetting a host that is known, without forgetting it; null to forget it. */
  forgetting: Forgetting | null = null;
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  #hosts: readonly FleetHost[] = [];

  constructor(options: MemoryFleetLogOptions = {}) {
    this.log = new MemoryFleetLog(options);
  }

  /** Calls `listener` with each event that is pushed from now on, once it is in the log. Returns a function that ends it. */
  onEvent(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds what the exporter `name` emitted to the log. */
  push(name: string, event: TmuxEvent, storedAt?: number): FleetEvent {
    const added = this.log.append(name, event, storedAt);
    for (const listener of this.#listeners) listener(added);
    return added;
  }

  setHosts(...hosts: readonly FleetHost[]): void {
    this.#hosts = hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Cuts the connection to the bus. `at` is in milliseconds of the monotonic clock. */
  cut(at = 0): void {
    this.source = { ...this.source, isUp: false, downSince: at };
  }

  /** Ends a cut. */
  mend(): void {
    this.source = { ...this.source, isUp: true, downSince: null };
  }

  hosts(): readonly FleetHost[] {
    return this.#hosts;
  }

  host(name: string): FleetHost | null {
    return this.#hosts.find((host) => host.name === name) ?? null;
  }

  async forget(name: string): Promise<Forgetting> {
    if (!this.host(name)) return { kind: 'unknown' };
    if (this.forgetting) return this.forgetting;
    this.#hosts = this.#hosts.filter((host) => host.name !== name);
    return { kind: 'forgotten' };
  }
}
