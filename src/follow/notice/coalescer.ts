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
 * Protects a person from a flood of notices. The first three within two seconds are shown immediately; later ones become one summary at
 * the end of the two seconds, and so on until no more come. None is left out, and a single notice is never delayed.
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

  /** Announces that `count` notices will come at once: if there are more than three, all of them become one summary. */
  expect(count: number): void {
    if (count <= MOST_SINGLE) return;
    this.#left = 0;
    this.#isFlood = true;
    this.#open();
  }

  /** Shows a notice, alone or in a summary. Resolves after it was shown. */
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

  /** Shows the held notices, without waiting for more. */
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
    // During a storm there is one summary every two seconds, not three notices and a summary.
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
