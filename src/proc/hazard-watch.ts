import type { Clock } from '../core/clock.ts';
import { judgeHazards } from '../core/death/hazard.ts';
import { patientOf } from '../core/record/patient.ts';
import type { Life, ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import { findHazards, type HazardSearch } from './hazards.ts';

/** Interval between two scans of one server. */
const EVERY_MS = 600_000;

/** Scans living servers for hazards, one after the other, each every ten minutes. */
export class HazardWatch {
  readonly #registry: Registry;
  readonly #search: HazardSearch;
  readonly #uptime: Clock['uptime'];
  readonly #onError: (error: unknown) => void;
  readonly #scannedAt = new WeakMap<object, number>();
  #scanning: Promise<void> | null = null;

  /** `onError` is called if the scan of one server fails, which is a bug. */
  constructor(registry: Registry, search: HazardSearch, uptime: Clock['uptime'], onError: (error: unknown) => void) {
    this.#registry = registry;
    this.#search = search;
    this.#uptime = uptime;
    this.#onError = onError;
  }

  /** Scans every server that is due; joins a scan that is under way. It never rejects. */
  scan(): Promise<void> {
    this.#scanning ??= this.#scanDue().finally(() => {
      this.#scanning = null;
    });
    return this.#scanning;
  }

  async #scanDue(): Promise<void> {
    for (const record of this.#registry.list()) {
      const { life } = record;
      const process = life?.process;
      if (!life || !process || this.#uptime() - (this.#scannedAt.get(process) ?? Number.NEGATIVE_INFINITY) < EVERY_MS)
        continue;
      this.#scannedAt.set(process, this.#uptime());
      await this.#scanServer(record, life).catch(this.#onError);
    }
  }

  async #scanServer(record: ServerRecord, life: Life): Promise<void> {
    const { target, generation, unreachable } = record;
    const { version, containment } = life;
    const socketLost = unreachable === 'socket_lost';
    const server = { patient: patientOf(record, life), socketLost, version: version ?? '', containment };
    const evidence = await findHazards(server, this.#search);
    this.#registry.noteHazards(target.name, generation, judgeHazards(evidence));
  }
}
