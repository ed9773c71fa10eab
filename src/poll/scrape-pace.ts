import { type Pace, runTick, type TickOptions } from './pace.ts';

/** What a pace of scrapes needs. Times are milliseconds. */
export interface ScrapePaceOptions extends TickOptions {
  /** What is to be done now and then, however seldom anybody scrapes. */
  readonly upkeep: () => void;
}

const UPKEEP_MS = 60_000;

/** The longest delay that a timer of Node takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** A tick under way. */
interface Flight {
  readonly ended: Promise<void>;
  /** Whether a scrape had to go without its end. */
  isLate: boolean;
}

/** Ticks when somebody scrapes; scrapes at the same time share a tick. */
export class ScrapePace implements Pace {
  readonly #options: ScrapePaceOptions;
  readonly #flights = new Set<Flight>();
  #phase: 'new' | 'running' | 'stopped' = 'new';
  #upkeep: NodeJS.Timeout | null = null;

  constructor(options: ScrapePaceOptions) {
    this.#options = options;
  }

  /** Runs the first tick, for which no scrape is waited. It settles when that has ended. */
  async start(): Promise<void> {
    this.#phase = 'running';
    this.#upkeep = setInterval(this.#options.upkeep, UPKEEP_MS);
    await this.#join().ended;
  }

  /** There is none: who scrapes decides. */
  intervalMs(): null {
    return null;
  }

  /** Settles when a tick that is fresh enough has ended, or after `withinMs`: the tick goes on then. At once before the start and after the stop. */
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

  /** Begins no tick any more, and waits for those under way. */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    if (this.#upkeep) clearInterval(this.#upkeep);
    await Promise.all(Array.from(this.#flights, ({ ended }) => ended));
  }

  /** A tick that keeps somebody waiting for too long is not to be joined: what the others answered in it grows old. */
  #join(): Flight {
    for (const flight of this.#flights) if (!flight.isLate) return flight;
    const flight: Flight = { ended: runTick(this.#options).finally(() => this.#flights.delete(flight)), isLate: false };
    this.#flights.add(flight);
    return flight;
  }
}
