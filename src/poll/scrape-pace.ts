import { type Pace, runTick, type TickOptions } from './pace.ts';

/** The callbacks of a pace by scrapes. Times are milliseconds. */
export interface ScrapePaceOptions extends TickOptions {
  /** Called regularly, even if nobody scrapes. */
  readonly upkeep: () => void;
}

const UPKEEP_MS = 60_000;

/** The longest delay of a Node timer, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** A running tick. */
interface Flight {
  readonly ended: Promise<void>;
  /** Whether a scrape was answered without waiting for its end. */
  isLate: boolean;
}

/** Runs a tick for each scrape. Scrapes at the same time share a tick. */
export class ScrapePace implements Pace {
  readonly #options: ScrapePaceOptions;
  readonly #flights = new Set<Flight>();
  #phase: 'new' | 'running' | 'stopped' = 'new';
  #upkeep: NodeJS.Timeout | null = null;

  constructor(options: ScrapePaceOptions) {
    this.#options = options;
  }

  /** Runs the first tick without waiting for a scrape. Settles when it has ended. */
  async start(): Promise<void> {
    this.#phase = 'running';
    this.#upkeep = setInterval(this.#options.upkeep, UPKEEP_MS);
    await this.#join().ended;
  }

  /** Null: the scraper decides. */
  intervalMs(): null {
    return null;
  }

  /** Settles when a fresh tick has ended, or after `withinMs`; the tick then continues. Before the start and after the stop it settles at once. */
  async freshen(withinMs: number): Promise<void> {
    if (this.#phase !== 'running') return;
    const flight = this.#join();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => {
        flight.isLate = true;
        resolve();
      },
      Math.min(withinMs, LONGEST_MS),
    );
    await Promise.race([flight.ended, late]);
    clearTimeout(timer);
  }

  /** Begins no further tick, and waits for running ones. */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    if (this.#upkeep) clearInterval(this.#upkeep);
    await Promise.all(Array.from(this.#flights, ({ ended }) => ended));
  }

  /** Joins a running tick, or begins one. A late tick is not joined, because the answers in it are already old. */
  #join(): Flight {
    for (const flight of this.#flights) if (!flight.isLate) return flight;
    const flight: Flight = { ended: runTick(this.#options).finally(() => this.#flights.delete(flight)), isLate: false };
    this.#flights.add(flight);
    return flight;
  }
}
