import type { EventDetails, TmuxEvent } from '../../core/event/event.ts';

/** How many deaths are kept. */
const MOST_DEATHS = 10;

/** What was found out about a death after it was reported. */
type Explanation = Pick<EventDetails['server-gone-cause'], 'cause' | 'evidence'>;

/** A death, and its cause if that was found out later. */
export interface ReportedDeath {
  /** What the host is called in the fleet; null on the page of one host. */
  readonly name: string | null;
  readonly gone: Extract<TmuxEvent, { type: 'server-gone' }>;
  readonly explanation: Explanation | null;
}

/** An event of a log: of one host, or of a fleet. */
interface DeathEvent {
  readonly seq: number;
  readonly name?: string;
  readonly json: string;
  readonly event: TmuxEvent;
}

/** A log that deaths are found in. */
interface DeathLog {
  /** How many logs came before this one; only in a fleet. */
  readonly generation?: number;
  after(seq: number): readonly DeathEvent[];
}

/** The last deaths of a log. Each event is read once. */
export class LastDeaths {
  readonly #log: DeathLog;
  /** Oldest first. */
  #deaths: ReportedDeath[] = [];
  #generation: number | undefined;
  #read = 0;

  constructor(log: DeathLog) {
    this.#log = log;
  }

  /** The last deaths, newest first. */
  list(): readonly ReportedDeath[] {
    if (this.#generation !== this.#log.generation) this.#beginAgain();
    for (const logged of this.#log.after(this.#read)) {
      this.#read = logged.seq;
      // Reading `event` parses the JSON, so its text is searched first. No name contains an unescaped quote.
      if (logged.json.includes('"type":"server-gone')) this.#take(logged.event, logged.name ?? null);
    }
    return this.#deaths.toReversed();
  }

  #beginAgain(): void {
    this.#generation = this.#log.generation;
    this.#deaths = [];
    this.#read = 0;
  }

  #take(event: TmuxEvent, name: string | null): void {
    if (event.type === 'server-gone') {
      this.#deaths = [...this.#deaths, { name, gone: event, explanation: null }].slice(-MOST_DEATHS);
    } else if (event.type === 'server-gone-cause') {
      const explanation = event;
      const isExplained = (death: ReportedDeath) => death.name === name && death.gone.id === event.gone;
      this.#deaths = this.#deaths.map((death) => (isExplained(death) ? { ...death, explanation } : death));
    }
  }
}
