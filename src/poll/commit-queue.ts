import type { Observation } from '../core/model/observation.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';

/** The result of one poll that waits to be committed. */
interface Arrival {
  readonly before: ServerRecord;
  readonly observation: Observation;
  readonly committed: PromiseWithResolvers<void>;
}

/** Most results in one step. A longer step would block the main thread, and with it the detection of further deaths. */
const MOST_AT_ONCE = 16;

/** Commits the results of polls to the registry. Results that arrive in one turn of the event loop are one step, because a write to disk blocks the main thread as long for many as for one. */
export class CommitQueue {
  readonly #registry: Registry;
  readonly #arrived: Arrival[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Settles when the result is committed and its events are emitted. */
  commit(before: ServerRecord, observation: Observation): Promise<void> {
    if (this.#arrived.length === 0) setImmediate(() => this.#commitAll());
    const committed = Promise.withResolvers<void>();
    this.#arrived.push({ before, observation, committed });
    return committed.promise;
  }

  #commitAll(): void {
    const arrived = this.#arrived.splice(0, MOST_AT_ONCE);
    if (this.#arrived.length > 0) setImmediate(() => this.#commitAll());
    try {
      this.#registry.together(() => {
        for (const arrival of arrived) this.#apply(arrival);
      });
      for (const { committed } of arrived) committed.resolve();
    } catch (error) {
      for (const { committed } of arrived) committed.reject(error);
    }
  }

  /** Applies one result. An error rejects that result only, not the others. */
  #apply({ before, observation, committed }: Arrival): void {
    try {
      this.#registry.apply(before.target.name, before.generation, observation);
    } catch (error) {
      committed.reject(error);
    }
  }
}
