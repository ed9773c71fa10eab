import type { Clock } from '../follow-clock.ts';
import { Suspension } from './suspension.ts';

/** What a watchdog barks at: nothing came for too long, or the machine was suspended and the other side may be gone. */
export type Silence = 'silent' | 'suspended';

const LOOK_EVERY_MS = 1_000;

/** Guards a stream: a peer that vanished without a word leaves a connection that looks alive for a quarter of an hour. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #bark: (silence: Silence) => void;
  readonly #suspension: Suspension;
  #limitMs: number;
  #heardAt: number;
  #isResting = false;
  #callOff: () => void;

  /** Barks once, after `limitMs` without a sign of life. */
  constructor(clock: Clock, limitMs: number, bark: (silence: Silence) => void) {
    this.#clock = clock;
    this.#bark = bark;
    this.#suspension = new Suspension(clock);
    this.#limitMs = limitMs;
    this.#heardAt = clock.steady();
    this.#callOff = clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  /** Changes how long the silence may last, in milliseconds. */
  allow(limitMs: number): void {
    this.#limitMs = limitMs;
  }

  /** A sign of life came. */
  heard(): void {
    this.#heardAt = this.#clock.steady();
    this.#isResting = false;
  }

  /** Nothing is listened for until {@link Watchdog.heard}: silence then is our own doing. */
  rest(): void {
    this.#isResting = true;
  }

  stop(): void {
    this.#callOff();
  }

  #look(): void {
    const silence = this.#silence();
    if (silence) this.#bark(silence);
    else this.#callOff = this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  #silence(): Silence | null {
    if (this.#suspension.occurred()) return 'suspended';
    if (this.#isResting) return null;
    return this.#clock.steady() - this.#heardAt >= this.#limitMs ? 'silent' : null;
  }
}
