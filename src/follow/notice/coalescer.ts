import type { Clock } from '../follow-clock.ts';
import { type Notice, summaryOf } from './notice.ts';

/** More notices than this within {@link WINDOW_MS} become one summary. */
const MOST_SINGLE = 3;
const WINDOW_MS = 2_000;

interface Held {
  readonly notice: Notice;
  readonly resolve: (shown: Promise<void>) => void;
}

/**
 * Keeps a person from being flooded: the first three notices within two seconds are shown at once, those that follow become one summary when
 * the two seconds are over, and so on until it is quiet. Nothing is left out, and a lone notice is never late.
 */
export class Coalescer {
  readonly #clock: Clock;
  readonly #show: (notice: Notice) => Promise<void>;
  #held: Held[] = [];
  #left = MOST_SINGLE;
  #isFlood = false;
  #callOff: (() => void) | null = null;

  constructor(clock: Clock, show: (notice: Notice) => Promise<void>) {
    this.#clock = clock;
    this.#show = show;
  }

  /** Announces that `count` notices are about to come at once: more than three become one summary from the first on. */
  expect(count: number): void {
    if (count <= MOST_SINGLE) return;
    this.#left = 0;
    this.#isFlood = true;
    this.#open();
  }

  /** Shows a notice, alone or in a summary. Settles when it was shown. */
  add(notice: Notice): Promise<void> {
    this.#open();
    if (this.#left > 0) {
      this.#left--;
      return this.#show(notice);
    }
    return new Promise((resolve) => {
      this.#held.push({ notice, resolve });
    });
  }

  /** Shows what is held back, and waits for nothing more. */
  close(): void {
    this.#release();
    this.#callOff?.();
    this.#callOff = null;
  }

  #open(): void {
    this.#callOff ??= this.#clock.after(WINDOW_MS, () => {
      this.#callOff = null;
      this.#release();
    });
  }

  #release(): void {
    const held = this.#held.splice(0);
    const isMany = held.length > (this.#isFlood ? MOST_SINGLE : 1);
    this.#isFlood = false;
    // A storm that goes on gets a summary every two seconds, not three notices and a summary.
    this.#left = isMany ? 0 : MOST_SINGLE - held.length;
    if (held.length > 0) this.#open();
    if (isMany) this.#showTogether(held);
    else for (const { notice, resolve } of held) resolve(this.#show(notice));
  }

  #showTogether(held: readonly Held[]): void {
    const shown = this.#show(summaryOf(held.map(({ notice }) => notice)));
    for (const { resolve } of held) resolve(shown);
  }
}
