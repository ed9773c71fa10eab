import type { EventDetails, TmuxEvent } from '../../core/event/event.ts';
import type { History } from '../../core/event/event-log.ts';

/** How many deaths are kept. */
const MOST_DEATHS = 10;

/** What was found out about a death after it was reported. */
type Explanation = Pick<EventDetails['server-gone-cause'], 'cause' | 'evidence'>;

/** A death, and its cause if that was found out later. */
export interface ReportedDeath {
  readonly gone: Extract<TmuxEvent, { type: 'server-gone' }>;
  readonly explanation: Explanation | null;
}

/** The last deaths of a history. Each event is read once. */
export class LastDeaths {
  readonly #history: History;
  /** Oldest first. */
  #deaths: ReportedDeath[] = [];
  #read = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** The last deaths, newest first. */
  list(): readonly ReportedDeath[] {
    for (const logged of this.#history.after(this.#read)) {
      this.#read = logged.seq;
      // Reading `event` parses the JSON, so its text is searched first. No name contains an unescaped quote.
      if (logged.json.includes('"type":"server-gone')) this.#take(logged.event);
    }
    return this.#deaths.toReversed();
  }

  #take(event: TmuxEvent): void {
    if (event.type === 'server-gone') {
      this.#deaths = [...this.#deaths, { gone: event, explanation: null }].slice(-MOST_DEATHS);
    } else if (event.type === 'server-gone-cause') {
      const explanation = event;
      this.#deaths = this.#deaths.map((death) => (death.gone.id === event.gone ? { ...death, explanation } : death));
    }
  }
}
