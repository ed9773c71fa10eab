import type { Observation } from '../core/model/observation.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';

/** The result of one poll, as it arrived. */
interface Arrival {
  readonly before: ServerRecord;
  readonly observation: Observation;
  readonly committed: PromiseWithResolvers<void>;
}

/** A server that is killed waits for its end while our main thread is held: more than this many deaths are several steps. */
const MOST_AT_ONCE = 16;

/** Commits the results of polls to the registry. Those that arrive in one turn of the event loop are one step: the disk takes as long for many as for one, and holds the main thread meanwhile. */
export class CommitQueue {
  readonly #registry: Registry;
  readonly #arrived: Arrival[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Settles when the result is committed and told. */
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

  /** A fault in one result is no fault of the others. */
  #apply({ before, observation, committed }: Arrival): void {
    try {
      this.#registry.apply(before.target.name, before.generation, observation);
    } catch (error) {
      committed.reject(error);
    }
  }
}
