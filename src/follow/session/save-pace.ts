import type { Clock } from '../follow-clock.ts';
import type { FollowState } from './state.ts';

/** How much longer than a save the rest after it is: so saving takes a twentieth of a core at most. */
const REST_FACTOR = 20;
const LONGEST_REST_MS = 1_000;

/**
 * Saves states at a pace that their size allows. That of an exporter is saved at once. That of a fleet holds a number for each of perhaps a
 * thousand exporters: if the last save was costly and lately, it is saved a little later, together with those that follow.
 */
export class SavePace {
  readonly #clock: Pick<Clock, 'steady' | 'after'>;
  readonly #save: (state: FollowState) => void;
  #waiting: FollowState | null = null;
  #restsUntil = Number.NEGATIVE_INFINITY;
  #callOff: (() => void) | null = null;

  constructor(clock: Pick<Clock, 'steady' | 'after'>, save: (state: FollowState) => void) {
    this.#clock = clock;
    this.#save = save;
  }

  save(state: FollowState): void {
    this.#waiting = state;
    const restMs = this.#restsUntil - this.#clock.steady();
    if (state.fleet === undefined || restMs <= 0) this.flush();
    else this.#callOff ??= this.#clock.after(restMs, () => this.flush());
  }

  /** Saves at once what waits. */
  flush(): void {
    this.#callOff?.();
    this.#callOff = null;
    const state = this.#waiting;
    this.#waiting = null;
    if (state === null) return;
    const begin = this.#clock.steady();
    this.#save(state);
    const end = this.#clock.steady();
    this.#restsUntil = end + Math.min(LONGEST_REST_MS, REST_FACTOR * (end - begin));
  }
}
