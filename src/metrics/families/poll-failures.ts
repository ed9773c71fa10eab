import type { FailureReason } from '../../core/model/server.ts';
import type { FleetView } from '../../core/record/view.ts';

/** How often polls of one server failed, by reason; a reason that never was is left out. Replaced as a whole by each failure. */
export type FailureCounts = Readonly<Partial<Record<FailureReason, number>>>;

/** Of a server whose polls never failed: always the same object. */
export const NO_FAILURES: FailureCounts = {};

/** Counts failed polls by server, for as long as the server is registered. */
export class PollFailures {
  readonly #counts = new Map<string, FailureCounts>();
  #revision = 0;

  /** Changes whenever a count does. */
  get revision(): number {
    return this.#revision;
  }

  /** The counts of a server. */
  of(server: string): FailureCounts {
    return this.#counts.get(server) ?? NO_FAILURES;
  }

  /** A poll failed. */
  failed(server: string, reason: FailureReason): void {
    const before = this.of(server);
    this.#counts.set(server, { ...before, [reason]: (before[reason] ?? 0) + 1 });
    this.#revision++;
  }

  /** A server is not registered any more. */
  drop(server: string): void {
    if (this.#counts.delete(server)) this.#revision++;
  }

  /** Drops what came in for servers that were not registered any more. */
  keepOnly({ records }: FleetView): void {
    const registered = new Set(records.map(({ target }) => target.name));
    for (const server of this.#counts.keys()) if (!registered.has(server)) this.drop(server);
  }
}
