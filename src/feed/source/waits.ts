import type { Clock } from '../feed-clock.ts';

interface Wait {
  readonly condition: () => boolean;
  readonly resolve: () => void;
}

/** Openings of streams that wait for something. Their conditions are checked whenever something may have changed. */
export class Waits {
  readonly #waits = new Set<Wait>();

  /** Resolves once the condition holds. */
  until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (condition()) resolve();
    else this.#waits.add({ condition, resolve });
    return promise;
  }

  check(): void {
    for (const wait of this.#waits) {
      if (!wait.condition()) continue;
      this.#waits.delete(wait);
      wait.resolve();
    }
  }
}

/** The answer of the bus; null if it does not come within `ms`, or the question fails. */
export async function answerWithin<T>(answer: Promise<T>, ms: number, clock: Clock): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const callOff = clock.after(ms, () => late.resolve(null));
  const found = await Promise.race([answer.catch(() => null), late.promise]);
  callOff();
  return found;
}
