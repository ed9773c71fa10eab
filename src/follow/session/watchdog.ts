import type { Clock } from '../follow-clock.ts';
import { Suspension } from './suspension.ts';

/** Why a stream counts as dead: no sign of life for too long, or the machine was suspended and the exporter may be gone. */
export type Silence = 'silent' | 'suspended';

const CHECK_EVERY_MS = 1_000;

/** Watches a stream for signs of life: a connection to a vanished peer looks alive for a quarter of an hour. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #bark: (silence: Silence) => void;
  readonly #suspension: Suspension;
  #limitMs: number;
  #heardAt: number;
  #isResting = false;
  #callOff: () => void;

  /** Calls `bark` once, after `limitMs` without a sign of life. */
  constructor(clock: Clock, limitMs: number, bark: (silence: Silence) => void) {
    this.#clock = clock;
    this.#bark = bark;
    this.#suspension = new Suspension(clock);
    this.#limitMs = limitMs;
    this.#heardAt = clock.steady();
    this.#callOff = clock.after(CHECK_EVERY_MS, () => this.#check());
  }

  /** Changes the maximum silence, in milliseconds. */
  allow(limitMs: number): void {
    this.#limitMs = limitMs;
  }

  /** Records a sign of life. */
  heard(): void {
    this.#heardAt = this.#clock.steady();
    this.#isResting = false;
  }

  /** Ignores silence until {@link Watchdog.heard}: we ourselves have stopped reading. */
  rest(): void {
    this.#isResting = true;
  }

  stop(): void {
    this.#callOff();
  }

  #check(): void {
    const silence = this.#silence();
    if (silence) this.#bark(silence);
    else this.#callOff = this.#clock.after(CHECK_EVERY_MS, () => this.#check());
  }

  #silence(): Silence | null {
    if (this.#suspension.occurred()) return 'suspended';
    if (this.#isResting) return null;
    return this.#clock.steady() - this.#heardAt >= this.#limitMs ? 'silent' : null;
  }
}
