import { setTimeout as delay } from 'node:timers/promises';
import type { Place } from '../chaos/place.ts';
import { eventually } from '../machine/eventually.ts';
import { seededRandom } from '../sample/random.ts';

/** How many things happen in a second, to all servers together. */
const PACE = 3;

/** Servers that die, return and change their sessions, by chance, until it is ended. */
export class Churn {
  readonly problems: string[] = [];
  /** Whether only SIGKILL ends a server: it waits for the watch of a daemon that is stopped when it ends in order. */
  isByKillOnly = false;
  readonly #places: readonly Place[];
  readonly #lanes: Promise<unknown>;
  #isPaused = false;
  #isOver = false;
  #busy = 0;

  constructor(places: readonly Place[], seed: number) {
    this.#places = places;
    this.#lanes = Promise.all(places.map((place, index) => this.#run(place, seededRandom(seed + index))));
  }

  /** Resolves when nothing happens any more. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await eventually('nothing happens to a server', () => this.#busy === 0, 60_000);
  }

  goOn(): void {
    this.#isPaused = false;
  }

  /** Pauses, and starts every server that is dead. */
  async rest(): Promise<void> {
    await this.pause();
    for (const place of this.#places) if (place.state === 'dead') await place.restart();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#lanes;
  }

  async #run(place: Place, random: () => number): Promise<void> {
    const pauseMs = (this.#places.length / PACE) * 1_000;
    while (!this.#isOver) {
      const until = performance.now() + random() * 2 * pauseMs;
      while (performance.now() < until && !this.#isOver) await delay(200);
      if (this.#isOver || this.#isPaused) continue;
      this.#busy++;
      await this.#happen(place, random).catch((error: unknown) => this.problems.push(`${place.name}: ${error}`));
      this.#busy--;
    }
  }

  async #happen(place: Place, random: () => number): Promise<void> {
    const [chance, which] = [random(), random()];
    if (place.state === 'dead') return place.restart();
    if (chance < 0.3) return place.changeSessions(`x${Math.floor(which * 3)}`);
    const endings = this.isByKillOnly ? (['SIGKILL'] as const) : place.endings;
    await place.end(endings[Math.floor(which * endings.length)] ?? 'SIGKILL');
    if (chance < 0.6) await place.restart();
  }
}
