import { judgeCause } from '../core/death/cause.ts';
import type { TmuxEvent } from '../core/event/event.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import { causeDraft } from '../core/wording/draft.ts';
import { type Investigation, investigate } from './investigation.ts';

/** Finds out why servers died, off the path of the notice: what is learnt follows it. */
export class Coroner {
  readonly #registry: Registry;
  readonly #investigation: Investigation;
  readonly #onError: (error: unknown) => void;
  #closed = false;

  constructor(registry: Registry, investigation: Investigation, onError: (error: unknown) => void) {
    this.#registry = registry;
    this.#investigation = investigation;
    this.#onError = onError;
  }

  /** Begins to find out about a death; `notice` is the event that told of it. */
  examine(dead: ServerRecord, notice: TmuxEvent): void {
    if (notice.type !== 'server-gone' || !dead.life) return;
    void this.#examine(dead, notice).catch(this.#onError);
  }

  /** Tells of nothing any more: what is still being found out is not waited for. */
  close(): void {
    this.#closed = true;
  }

  async #examine(dead: ServerRecord, notice: Extract<TmuxEvent, { type: 'server-gone' }>): Promise<void> {
    if (!dead.life) return;
    const { containment, incarnation } = dead.life;
    const evidence = await investigate(
      containment,
      { pid: incarnation.pid, reason: notice.reason },
      this.#investigation,
    );
    const finding = judgeCause(evidence);
    if (finding.cause !== 'unknown' && !this.#closed) this.#registry.announce(causeDraft(dead, notice, finding));
  }
}
