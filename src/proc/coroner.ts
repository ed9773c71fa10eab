import { judgeCause } from '../core/death/cause.ts';
import type { TmuxEvent } from '../core/event/event.ts';
import { pidOf, type ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import { causeDraft } from '../core/wording/draft.ts';
import { type Investigation, investigate } from './investigation.ts';

/** Finds out why servers died. It works after the `server-gone` event, and announces its findings as another event. */
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

  /** Starts to investigate a death; `event` is its `server-gone` event. */
  examine(dead: ServerRecord, event: TmuxEvent): void {
    if (event.type !== 'server-gone' || !dead.life) return;
    void this.#examine(dead, event).catch(this.#onError);
  }

  /** Stops: running investigations are not awaited, and announce nothing. */
  close(): void {
    this.#closed = true;
  }

  async #examine(dead: ServerRecord, event: Extract<TmuxEvent, { type: 'server-gone' }>): Promise<void> {
    if (!dead.life) return;
    const evidence = await investigate(
      dead.life.containment,
      { pid: pidOf(dead.life), reason: event.reason },
      this.#investigation,
    );
    const finding = judgeCause(evidence);
    if (finding.cause !== 'unknown' && !this.#closed) this.#registry.announce(causeDraft(dead, event, finding));
  }
}
