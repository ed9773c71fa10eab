import type { FailureReason } from '../../core/model/server.ts';
import type { FleetView } from '../../core/record/view.ts';

/** Failed polls of one server by reason. Reasons that never occurred are left out. Each failure makes a new object. */
export type FailureCounts = Readonly<Partial<Record<FailureReason, number>>>;

/** The counts of a server whose polls never failed; always the same object. */
export const NO_FAILURES: FailureCounts = {};

/** Counts failed polls by server, while the server is registered. */
export class PollFailures {
  readonly #counts = new Map<string, FailureCounts>();
  #revision = 0;

  /** A number that changes with every count. */
  get revision(): number {
    return this.#revision;
  }

  /** The counts of a server. */
  of(server: string): FailureCounts {
    return this.#counts.get(server) ?? NO_FAILURES;
  }

  /** Counts a failed poll. */
  failed(server: string, reason: FailureReason): void {
    const before = this.of(server);
    this.#counts.set(server, { ...before, [reason]: (before[reason] ?? 0) + 1 });
    this.#revision++;
  }

  /** Drops the counts of a server that is no longer registered. */
  drop(server: string): void {
    if (this.#counts.delete(server)) this.#revision++;
  }

  /** Drops counts that arrived for servers that are no longer registered. */
  keepOnly({ records }: FleetView): void {
    const registered = new Set(records.map(({ target }) => target.name));
    for (const server of this.#counts.keys()) if (!registered.has(server)) this.drop(server);
  }
}
